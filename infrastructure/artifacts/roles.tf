locals {
  bucket_arn = "arn:${local.partition}:s3:::${local.bucket_name}"
  # Named here and not taken from the resources: plans and tests can then show whole policies.
  repository_arns = { for name in ["gateway", "engine"] : name => "arn:${local.partition}:ecr:${var.aws_region}:${var.account_id}:repository/${local.name}/${name}" }

  builds_may = {
    stage = {
      repository = "engine"
      read       = ["build/*", "weights/*"]
      write      = ["weights/*", "staged/weights.json", "staged/engine.json"]
      list       = ["${local.weights_key}/*"]
    }
    image = {
      repository = "gateway"
      read       = ["build/*", "source/*"]
      write      = ["staged/gateway.json"]
      list       = []
    }
  }
}

resource "aws_iam_role" "build" {
  for_each = local.builds_may

  name                 = "${local.name}-${each.key}"
  path                 = "/llm/"
  description          = "CodeBuild project ${local.name}-${each.key}"
  permissions_boundary = var.permissions_boundary_arn == "" ? null : var.permissions_boundary_arn

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { Service = "codebuild.amazonaws.com" }
      Action    = "sts:AssumeRole"
      # Only this project of this account may make CodeBuild act in this role.
      Condition = {
        StringEquals = { "aws:SourceAccount" = var.account_id }
        ArnEquals    = { "aws:SourceArn" = "arn:${local.partition}:codebuild:${var.aws_region}:${var.account_id}:project/${local.name}-${each.key}" }
      }
    }]
  })

  tags = { Name = "${local.name}-${each.key}" }
}

resource "aws_iam_role_policy" "build" {
  for_each = local.builds_may

  name = "build"
  role = aws_iam_role.build[each.key].id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = concat(
      [
        {
          Sid      = "Logs"
          Effect   = "Allow"
          Action   = ["logs:CreateLogStream", "logs:PutLogEvents"]
          Resource = "arn:${local.partition}:logs:${var.aws_region}:${var.account_id}:log-group:/llm/${local.name}/build-${each.key}:*"
        },
        {
          Sid      = "Read"
          Effect   = "Allow"
          Action   = ["s3:GetObject", "s3:GetObjectVersion"]
          Resource = [for key in each.value.read : "${local.bucket_arn}/${key}"]
        },
        {
          Sid      = "Write"
          Effect   = "Allow"
          Action   = ["s3:AbortMultipartUpload", "s3:PutObject"]
          Resource = [for key in each.value.write : "${local.bucket_arn}/${key}"]
        },
        {
          Sid       = "ListScripts"
          Effect    = "Allow"
          Action    = "s3:ListBucket"
          Resource  = local.bucket_arn
          Condition = { StringLike = { "s3:prefix" = concat(["build/*"], each.value.list) } }
        },
        {
          # ECR gives one token for all repositories of a registry: there is no ARN to name.
          Sid      = "RegistryLogin"
          Effect   = "Allow"
          Action   = "ecr:GetAuthorizationToken"
          Resource = "*"
        },
        {
          Sid    = "Push"
          Effect = "Allow"
          Action = [
            "ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:CompleteLayerUpload", "ecr:DescribeImages",
            "ecr:GetDownloadUrlForLayer", "ecr:InitiateLayerUpload", "ecr:PutImage", "ecr:UploadLayerPart",
          ]
          Resource = local.repository_arns[each.value.repository]
        },
      ],
      # CodeBuild asks for these before it fetches a source from a bucket.
      each.key != "image" ? [] : [{
        Sid      = "Source"
        Effect   = "Allow"
        Action   = ["s3:GetBucketAcl", "s3:GetBucketLocation", "s3:GetBucketVersioning"]
        Resource = local.bucket_arn
      }],
      !local.has_key ? [] : [{
        Sid      = "Key"
        Effect   = "Allow"
        Action   = ["kms:Decrypt", "kms:DescribeKey", "kms:GenerateDataKey"]
        Resource = var.kms_key_arn
      }],
    )
  })
}
