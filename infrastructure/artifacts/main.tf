# What the hosts start, brought into the account once: hosts then read from inside their region and need no way to the internet.
#
# hub ----------> build "stage" ---> bucket: weights/<model>@<revision>/   --\
# registry -----> build "stage" ---> repository engine, same digest        ----> hosts, by gateway and interface endpoints
# source/gateway.zip -> build "image" -> repository gateway, amd64 + arm64 --/

locals {
  name        = "${var.name}-${var.environment}-gpu"
  bucket_name = "${local.name}-artifacts-${var.account_id}-${var.aws_region}"
  partition   = startswith(var.aws_region, "cn-") ? "aws-cn" : startswith(var.aws_region, "us-gov-") ? "aws-us-gov" : "aws"
  has_key     = var.kms_key_arn != ""
  weights_key = "weights/${replace(var.model.name, "/", "--")}@${var.model.revision}"
  source_key  = "source/gateway.zip"
}

resource "aws_s3_bucket" "this" {
  #checkov:skip=CKV_AWS_18:what is staged is public software; who reads it is in CloudTrail, and a second bucket of access logs would say no more
  #checkov:skip=CKV_AWS_144:everything in it can be staged again from its source, by the same digests
  #checkov:skip=CKV2_AWS_62:nothing waits for its events
  bucket        = local.bucket_name
  force_destroy = var.force_destroy

  tags = { Name = local.bucket_name }

  lifecycle {
    precondition {
      condition     = length(local.bucket_name) <= 63
      error_message = "The bucket's name ${local.bucket_name} has more than 63 characters: choose a shorter name."
    }
  }
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

# CodeBuild reads a source archive by its version, and a staged manifest that was overwritten can be brought back.
resource "aws_s3_bucket_versioning" "this" {
  bucket = aws_s3_bucket.this.id

  versioning_configuration {
    status = "Enabled"
  }
}

resource "aws_s3_bucket_server_side_encryption_configuration" "this" {
  #checkov:skip=CKV2_AWS_67:rotation is a property of the key that is given
  bucket = aws_s3_bucket.this.id

  rule {
    bucket_key_enabled = local.has_key

    apply_server_side_encryption_by_default {
      sse_algorithm     = local.has_key ? "aws:kms" : "AES256"
      kms_master_key_id = local.has_key ? var.kms_key_arn : null
    }
  }
}

resource "aws_s3_bucket_policy" "this" {
  bucket = aws_s3_bucket.this.id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = "OnlyTls"
      Effect    = "Deny"
      Principal = "*"
      Action    = "s3:*"
      Resource  = [local.bucket_arn, "${local.bucket_arn}/*"]
      Condition = { Bool = { "aws:SecureTransport" = "false" } }
    }]
  })

  depends_on = [aws_s3_bucket_public_access_block.this]
}

resource "aws_s3_bucket_lifecycle_configuration" "this" {
  bucket = aws_s3_bucket.this.id

  rule {
    id     = "unfinished-and-old"
    status = "Enabled"
    filter {}

    # Weights of several GB go up in parts; a build that was stopped leaves them behind, and they are billed.
    abort_incomplete_multipart_upload {
      days_after_initiation = 1
    }

    noncurrent_version_expiration {
      noncurrent_days = 30
    }
  }

  depends_on = [aws_s3_bucket_versioning.this]
}
