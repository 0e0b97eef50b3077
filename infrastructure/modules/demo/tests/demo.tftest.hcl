mock_provider "aws" {
  mock_resource "aws_s3_bucket" {
    defaults = { id = "llm-dev-gpu-demo-1", arn = "arn:aws:s3:::llm-dev-gpu-demo-1", bucket_regional_domain_name = "llm-dev-gpu-demo-1.s3.us-east-1.amazonaws.com" }
  }
  mock_resource "aws_cloudfront_distribution" {
    defaults = { arn = "arn:aws:cloudfront::123456789012:distribution/E1", domain_name = "d111111abcdef8.cloudfront.net" }
  }
}

variables {
  name            = "llm-dev-gpu"
  environment     = "dev"
  aws_region      = "us-east-1"
  files_directory = "tests/pages"
  api_endpoint    = "https://a1b2c3.execute-api.us-east-1.amazonaws.com/v1"
}

run "a_private_bucket_behind_a_distribution" {
  assert {
    condition = (
      aws_s3_bucket_public_access_block.this.block_public_acls && aws_s3_bucket_public_access_block.this.block_public_policy
      && aws_s3_bucket_public_access_block.this.ignore_public_acls && aws_s3_bucket_public_access_block.this.restrict_public_buckets
    )
    error_message = "Nobody reads the bucket directly."
  }

  assert {
    condition = jsondecode(aws_s3_bucket_policy.this.policy).Statement == [{
      Sid       = "OnlyTheDistribution"
      Effect    = "Allow"
      Principal = { Service = "cloudfront.amazonaws.com" }
      Action    = "s3:GetObject"
      Resource  = "arn:aws:s3:::llm-dev-gpu-demo-1/*"
      Condition = { StringEquals = { "AWS:SourceArn" = "arn:aws:cloudfront::123456789012:distribution/E1" } }
    }]
    error_message = aws_s3_bucket_policy.this.policy
  }

  assert {
    condition = (
      aws_cloudfront_distribution.this.http_version == "http2and3" && aws_cloudfront_distribution.this.default_root_object == "index.html"
      && aws_cloudfront_distribution.this.default_cache_behavior[0].viewer_protocol_policy == "redirect-to-https"
      && aws_cloudfront_distribution.this.default_cache_behavior[0].compress
      && aws_cloudfront_origin_access_control.this.signing_behavior == "always"
      && { for response in aws_cloudfront_distribution.this.custom_error_response : response.error_code => "${response.response_code} ${response.response_page_path}" } == { 403 = "404 /404.html", 404 = "404 /404.html" }
    )
    error_message = "The root is the page; HTTPS alone; what is missing is a 404."
  }

  # It is shown under any path, where a relative address would lead elsewhere.
  assert {
    condition = (
      aws_s3_object.not_found.key == "404.html" && aws_s3_object.not_found.content_type == "text/html; charset=utf-8"
      && join(" ", regexall("(?:href|src)=\"[^\"]*\"", aws_s3_object.not_found.content)) == "href=\"/\""
    )
    error_message = aws_s3_object.not_found.content
  }

  # Feature: llm-inference-service, Property 2: names and tags carry the environment
  assert {
    condition = (
      startswith(aws_s3_bucket.this.bucket_prefix, "llm-dev-gpu-demo-") && aws_cloudfront_origin_access_control.this.name == "llm-dev-gpu-demo"
      && aws_cloudfront_response_headers_policy.this.name == "llm-dev-gpu-demo" && aws_cloudfront_distribution.this.tags.Name == "llm-dev-gpu-demo"
    )
    error_message = "A name does not begin with llm-dev-gpu-demo."
  }

  assert {
    condition = aws_cloudfront_response_headers_policy.this.security_headers_config[0].content_security_policy[0].content_security_policy == join("; ", [
      "default-src 'none'", "script-src 'self'", "style-src 'self'", "img-src 'self' data:", "connect-src 'self' https://*.execute-api.us-east-1.amazonaws.com",
      "manifest-src 'self'", "base-uri 'none'", "form-action 'none'", "frame-ancestors 'none'",
    ])
    error_message = aws_cloudfront_response_headers_policy.this.security_headers_config[0].content_security_policy[0].content_security_policy
  }

  assert {
    condition     = output.demo_url == "https://d111111abcdef8.cloudfront.net" && output.bucket_name == "llm-dev-gpu-demo-1" && output.config_key == "config.json"
    error_message = output.demo_url
  }
}

run "each_file_is_an_object_but_the_dashboards_and_config_json_is_ours" {
  assert {
    condition     = { for key, page in aws_s3_object.page : key => page.content_type } == { "index.html" = "text/html; charset=utf-8", "assets/page-0a1b2c3d.js" = "text/javascript; charset=utf-8" }
    error_message = jsonencode(keys(aws_s3_object.page))
  }

  assert {
    condition     = aws_s3_object.page["index.html"].cache_control == "no-cache" && aws_s3_object.page["assets/page-0a1b2c3d.js"].cache_control == "public, max-age=31536000, immutable" && aws_s3_object.config.cache_control == "no-cache"
    error_message = "Only files whose names change with them are cached for long."
  }

  # The page refuses any other key.
  assert {
    condition     = aws_s3_object.config.key == "config.json" && jsondecode(aws_s3_object.config.content) == { apiBaseUrl = "https://a1b2c3.execute-api.us-east-1.amazonaws.com/v1" }
    error_message = aws_s3_object.config.content
  }
}

run "a_domain_of_its_own" {
  command = plan
  variables {
    custom_domain   = { name = "demo.example.com", certificate_arn = "arn:aws:acm:us-east-1:123456789012:certificate/5f0d" }
    connect_sources = ["https://api.example.com"]
    log_bucket      = "logs-123456789012.s3.amazonaws.com"
  }

  assert {
    condition = (
      aws_cloudfront_distribution.this.aliases == toset(["demo.example.com"]) && aws_cloudfront_distribution.this.viewer_certificate[0].minimum_protocol_version == "TLSv1.2_2021"
      && aws_cloudfront_distribution.this.viewer_certificate[0].ssl_support_method == "sni-only" && output.demo_url == "https://demo.example.com"
    )
    error_message = jsonencode(aws_cloudfront_distribution.this.viewer_certificate)
  }

  assert {
    condition     = strcontains(aws_cloudfront_response_headers_policy.this.security_headers_config[0].content_security_policy[0].content_security_policy, "connect-src 'self' https://api.example.com;")
    error_message = "The page may call what it is told, and nothing else."
  }

  assert {
    condition     = aws_cloudfront_distribution.this.logging_config[0].bucket == "logs-123456789012.s3.amazonaws.com"
    error_message = "Access is logged where it is asked for."
  }
}

# One value of each variable that its (first) rule must refuse.
run "what_is_refused" {
  command = plan
  variables {
    name            = "llm_dev"
    environment     = "test"
    aws_region      = "us-east"
    files_directory = "tests"
    api_endpoint    = "http://a1b2c3.execute-api.us-east-1.amazonaws.com/v1"
    connect_sources = ["https:"]
    custom_domain   = { name = "demo.example.com", certificate_arn = "arn:aws:acm:eu-west-1:123456789012:certificate/5f0d" }
    log_bucket      = "logs-123456789012"
  }

  expect_failures = [
    var.name, var.environment, var.aws_region, var.files_directory, var.api_endpoint, var.connect_sources, var.custom_domain, var.log_bucket,
  ]
}

run "a_domain_that_is_a_url_is_refused" {
  command = plan
  variables {
    custom_domain = { name = "https://demo.example.com", certificate_arn = "arn:aws:acm:us-east-1:123456789012:certificate/5f0d" }
  }

  expect_failures = [var.custom_domain]
}

# A page that was built anew must arrive, and what was not must come from the cache.
run "a_changed_page_is_uploaded_and_seen" {
  assert {
    condition     = alltrue([for key, page in aws_s3_object.page : page.etag == filemd5("tests/pages/${key}")])
    error_message = "a changed file is not noticed"
  }

  # AWS's CachingOptimized, which keeps to what the objects say.
  assert {
    condition     = aws_cloudfront_distribution.this.default_cache_behavior[0].cache_policy_id == "658327ea-f89d-4fab-a63d-7e88639e58f6"
    error_message = aws_cloudfront_distribution.this.default_cache_behavior[0].cache_policy_id
  }
}
