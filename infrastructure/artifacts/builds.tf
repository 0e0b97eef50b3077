locals {
  registry = "${var.account_id}.dkr.ecr.${var.aws_region}.amazonaws.com${local.partition == "aws-cn" ? ".cn" : ""}"
  scripts  = fileset("${path.module}/scripts", "*.sh")
  # A changed script gets a new folder, so a build that is under way goes on with the one it began with.
  scripts_key = "build/${substr(sha256(join("", [for name in local.scripts : filesha256("${path.module}/scripts/${name}")])), 0, 16)}"

  builds = {
    stage = {
      description = "Weights from the hub into the bucket, the engine's image from its registry into ECR; does only what is missing"
      # 7.6 GB of weights, and as much again while they go up, need the disk; the image is copied between registries without touching it.
      compute_type = "BUILD_GENERAL1_MEDIUM"
      minutes      = 120
      source       = { type = "NO_SOURCE", location = null }
      variables = {
        HUB_URL        = var.hub_url
        MODEL_NAME     = var.model.name
        MODEL_REVISION = var.model.revision
        WEIGHTS_KEY    = local.weights_key
        ENGINE_SOURCE  = "${var.engine.repository}@${var.engine.digest}"
        ENGINE_TAG     = "${var.engine.tag}-${substr(var.engine.digest, 7, 12)}"
        REPOSITORY     = "${local.name}/engine"
      }
    }
    image = {
      description  = "The gateway's image for amd64 and arm64 from source/gateway.zip, pushed under its revision; does nothing if it is there"
      compute_type = "BUILD_GENERAL1_MEDIUM"
      minutes      = 30
      source       = { type = "S3", location = "${local.bucket_name}/${local.source_key}" }
      variables = {
        NODE_IMAGE      = var.node.image
        NODE_DIGEST     = var.node.digest
        REPOSITORY      = "${local.name}/gateway"
        SOURCE_REVISION = "given-at-start"
        SOURCE_LABEL    = "given-at-start"
      }
    }
  }
}

# A build without a source has no files, so its scripts lie in the bucket. The builds may read them there, and not change them.
resource "aws_s3_object" "script" {
  #checkov:skip=CKV_AWS_186:encrypted as the bucket is
  for_each = local.scripts

  bucket       = aws_s3_bucket.this.id
  key          = "${local.scripts_key}/${each.key}"
  source       = "${path.module}/scripts/${each.key}"
  source_hash  = filesha256("${path.module}/scripts/${each.key}")
  content_type = "text/x-shellscript"

  depends_on = [aws_s3_bucket_versioning.this, aws_s3_bucket_server_side_encryption_configuration.this]
}

resource "aws_cloudwatch_log_group" "build" {
  #checkov:skip=CKV_AWS_158:logs of builds of public software hold no secret
  #checkov:skip=CKV_AWS_338:30 days suffice to look into a build that failed
  for_each = local.builds

  name              = "/llm/${local.name}/build-${each.key}"
  retention_in_days = var.log_retention_days

  tags = { Name = "/llm/${local.name}/build-${each.key}" }
}

resource "aws_codebuild_project" "this" {
  #checkov:skip=CKV_AWS_316:Docker needs it; the build has a machine of its own, which is thrown away
  #checkov:skip=CKV_AWS_78:there are no build artifacts to encrypt; what is staged is encrypted by bucket and repository
  #checkov:skip=CKV_AWS_147:the same
  for_each = local.builds

  name          = "${local.name}-${each.key}"
  description   = each.value.description
  service_role  = aws_iam_role.build[each.key].arn
  build_timeout = each.value.minutes
  # A new account often runs one build at a time: the image then waits for the weights.
  queued_timeout = 150

  artifacts {
    type = "NO_ARTIFACTS"
  }

  source {
    type      = each.value.source.type
    location  = each.value.source.location
    buildspec = file("${path.module}/buildspecs/${each.key}.yml")
  }

  environment {
    type            = "LINUX_CONTAINER"
    image           = var.build_image
    compute_type    = each.value.compute_type
    privileged_mode = true

    dynamic "environment_variable" {
      for_each = merge(each.value.variables, {
        BUCKET   = local.bucket_name
        REGISTRY = local.registry
        SCRIPTS  = "s3://${local.bucket_name}/${local.scripts_key}"
      })

      content {
        name  = environment_variable.key
        value = environment_variable.value
      }
    }
  }

  logs_config {
    cloudwatch_logs {
      group_name = aws_cloudwatch_log_group.build[each.key].name
    }
  }

  tags = { Name = "${local.name}-${each.key}" }

  depends_on = [aws_iam_role_policy.build, aws_s3_object.script]
}
