# The playground as static files: a private bucket behind CloudFront. What the page may reach is said by its content security policy,
# where its API is by config.json.

locals {
  resource_name = "${var.name}-demo"
  origin_id     = "bucket"

  # Left out: the page's own config.json, which is for a gateway that serves it itself, and the dashboard of administrators, whose routes the
  # API does not have.
  files = toset([for file in fileset(var.files_directory, "**") : file if file != "config.json" && !can(regex("^(ui/|assets/dashboard-)", file))])

  content_types = {
    html = "text/html; charset=utf-8"
    js   = "text/javascript; charset=utf-8"
    mjs  = "text/javascript; charset=utf-8"
    css  = "text/css; charset=utf-8"
    json = "application/json"
    map  = "application/json"
    txt  = "text/plain; charset=utf-8"
    svg  = "image/svg+xml"
    png  = "image/png"
    jpg  = "image/jpeg"
    webp = "image/webp"
    ico  = "image/x-icon"

    woff2       = "font/woff2"
    webmanifest = "application/manifest+json"
  }

  connect_sources = length(var.connect_sources) > 0 ? var.connect_sources : ["https://*.execute-api.${var.aws_region}.amazonaws.com"]

  # As the gateway says it of the same pages, and where they may call.
  content_security_policy = join("; ", [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self' data:",
    "connect-src ${join(" ", concat(["'self'"], local.connect_sources))}",
    "manifest-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ])
}

resource "aws_s3_bucket" "this" {
  #checkov:skip=CKV_AWS_18:Everything is read through CloudFront, which can log (log_bucket).
  #checkov:skip=CKV_AWS_21:Holds nothing but a build that can be made again.
  #checkov:skip=CKV_AWS_144:Holds nothing but a build that can be made again.
  #checkov:skip=CKV_AWS_145:Public pages; the keys that S3 owns are enough.
  #checkov:skip=CKV2_AWS_61:No versions and nothing that ages.
  #checkov:skip=CKV2_AWS_62:Nothing waits for a change of it.
  # Names of buckets are the world's: AWS adds what makes it unique.
  bucket_prefix = "${local.resource_name}-"
  force_destroy = true
  tags          = { Name = local.resource_name }
}

resource "aws_s3_bucket_public_access_block" "this" {
  bucket                  = aws_s3_bucket.this.id
  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

resource "aws_s3_bucket_ownership_controls" "this" {
  bucket = aws_s3_bucket.this.id

  rule {
    object_ownership = "BucketOwnerEnforced"
  }
}

resource "aws_s3_bucket_server_side_encryption_configuration" "this" {
  bucket = aws_s3_bucket.this.id

  rule {
    apply_server_side_encryption_by_default {
      sse_algorithm = "AES256"
    }
  }
}

resource "aws_s3_bucket_policy" "this" {
  bucket = aws_s3_bucket.this.id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = "OnlyTheDistribution"
      Effect    = "Allow"
      Principal = { Service = "cloudfront.amazonaws.com" }
      Action    = "s3:GetObject"
      Resource  = "${aws_s3_bucket.this.arn}/*"
      Condition = { StringEquals = { "AWS:SourceArn" = aws_cloudfront_distribution.this.arn } }
    }]
  })

  # S3 refuses two changes of a bucket's access at a time.
  depends_on = [aws_s3_bucket_public_access_block.this]
}

resource "aws_s3_object" "page" {
  for_each = local.files

  bucket       = aws_s3_bucket.this.id
  key          = each.value
  source       = "${var.files_directory}/${each.value}"
  etag         = filemd5("${var.files_directory}/${each.value}")
  content_type = lookup(local.content_types, element(reverse(split(".", each.value)), 0), "application/octet-stream")
  # Names under assets/ hold a hash of the content.
  cache_control = startswith(each.value, "assets/") ? "public, max-age=31536000, immutable" : "no-cache"
}

resource "aws_s3_object" "config" {
  bucket        = aws_s3_bucket.this.id
  key           = "config.json"
  content       = jsonencode({ apiBaseUrl = var.api_endpoint })
  content_type  = "application/json"
  cache_control = "no-cache"
}

# Not the page itself: it names its files relative to its address, so that below another path (/ui/) it would stay blank.
resource "aws_s3_object" "not_found" {
  bucket        = aws_s3_bucket.this.id
  key           = "404.html"
  content       = "<!doctype html>\n<meta charset=\"utf-8\">\n<title>Not found</title>\n<p>There is no such page. <a href=\"/\">To the demo</a></p>\n"
  content_type  = local.content_types["html"]
  cache_control = "no-cache"
}

resource "aws_cloudfront_origin_access_control" "this" {
  name                              = local.resource_name
  description                       = "Reads the bucket of ${local.resource_name}"
  origin_access_control_origin_type = "s3"
  signing_behavior                  = "always"
  signing_protocol                  = "sigv4"
}

resource "aws_cloudfront_response_headers_policy" "this" {
  #checkov:skip=CKV_AWS_259:All but preload, which speaks for a whole registered domain: the page has one name in it.
  name    = local.resource_name
  comment = "Headers of the pages of ${local.resource_name}"

  security_headers_config {
    content_security_policy {
      content_security_policy = local.content_security_policy
      override                = true
    }

    content_type_options {
      override = true
    }

    frame_options {
      frame_option = "DENY"
      override     = true
    }

    referrer_policy {
      referrer_policy = "no-referrer"
      override        = true
    }

    strict_transport_security {
      access_control_max_age_sec = 31536000
      include_subdomains         = true
      override                   = true
    }
  }
}

resource "aws_cloudfront_distribution" "this" {
  #checkov:skip=CKV_AWS_68:Static pages; the API behind them has a web ACL.
  #checkov:skip=CKV2_AWS_47:Static pages; nothing here parses what is sent.
  #checkov:skip=CKV_AWS_86:Access logs are a choice (log_bucket).
  #checkov:skip=CKV_AWS_174:CloudFront's own certificate fixes the protocol; with custom_domain it is TLSv1.2_2021.
  #checkov:skip=CKV2_AWS_42:An own domain is a choice (custom_domain).
  #checkov:skip=CKV_AWS_310:One bucket is the only origin there is.
  #checkov:skip=CKV_AWS_374:A demo for everybody.
  comment             = local.resource_name
  enabled             = true
  is_ipv6_enabled     = true
  http_version        = "http2and3"
  price_class         = "PriceClass_100"
  default_root_object = "index.html"
  aliases             = var.custom_domain == null ? [] : [var.custom_domain.name]

  origin {
    origin_id                = local.origin_id
    domain_name              = aws_s3_bucket.this.bucket_regional_domain_name
    origin_access_control_id = aws_cloudfront_origin_access_control.this.id
  }

  default_cache_behavior {
    target_origin_id       = local.origin_id
    viewer_protocol_policy = "redirect-to-https"
    allowed_methods        = ["GET", "HEAD"]
    cached_methods         = ["GET", "HEAD"]
    compress               = true
    # AWS's CachingOptimized, by the id it has in every account: it keeps what the objects' Cache-Control says.
    cache_policy_id            = "658327ea-f89d-4fab-a63d-7e88639e58f6"
    response_headers_policy_id = aws_cloudfront_response_headers_policy.this.id
  }

  # S3 says 403 for what it does not have, since the distribution may not list it.
  dynamic "custom_error_response" {
    for_each = toset([403, 404])
    content {
      error_code            = custom_error_response.value
      response_code         = 404
      response_page_path    = "/${aws_s3_object.not_found.key}"
      error_caching_min_ttl = 10
    }
  }

  viewer_certificate {
    cloudfront_default_certificate = var.custom_domain == null
    acm_certificate_arn            = var.custom_domain == null ? null : var.custom_domain.certificate_arn
    ssl_support_method             = var.custom_domain == null ? null : "sni-only"
    # With its own certificate CloudFront takes this value alone.
    minimum_protocol_version = var.custom_domain == null ? "TLSv1" : "TLSv1.2_2021"
  }

  dynamic "logging_config" {
    for_each = var.log_bucket == "" ? [] : [var.log_bucket]
    content {
      bucket          = logging_config.value
      prefix          = "${local.resource_name}/"
      include_cookies = false
    }
  }

  restrictions {
    geo_restriction {
      restriction_type = "none"
    }
  }

  tags = { Name = local.resource_name, Environment = var.environment }
}
