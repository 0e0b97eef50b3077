# The most that a role of the services can do, whatever policies it is given: a deploy role may make roles, but none stronger than this.
resource "aws_iam_policy" "boundary" {
  # checkov:skip=CKV_AWS_289:a boundary allows nothing by itself, and this one denies every change of permissions
  # checkov:skip=CKV_AWS_290:a boundary allows nothing by itself; the roles' own policies name resources
  # checkov:skip=CKV_AWS_355:as above
  # checkov:skip=CKV_AWS_288:as above
  # checkov:skip=CKV_AWS_287:as above
  # checkov:skip=CKV_AWS_286:as above
  name        = "${var.name}-boundary"
  path        = local.path
  description = "Bounds the roles of hosts, builds and services of ${var.name}"
  policy      = jsonencode(local.boundary)
}

locals {
  boundary_arn = "arn:aws:iam::${var.account_id}:policy${local.path}${var.name}-boundary"

  boundary = {
    Version = "2012-10-17"
    Statement = [
      {
        Sid      = "Buckets"
        Effect   = "Allow"
        Action   = ["s3:AbortMultipartUpload", "s3:Get*", "s3:List*", "s3:PutObject"]
        Resource = ["arn:aws:s3:::${var.name}-*"]
      },
      {
        Sid      = "PublicSources"
        Effect   = "Allow"
        Action   = ["s3:GetObject"]
        Resource = ["arn:aws:s3:::amazoncloudwatch-agent*", "arn:aws:s3:::amazon-ssm-*", "arn:aws:s3:::aws-ssm-*"]
      },
      {
        Sid    = "Work"
        Effect = "Allow"
        Action = [
          "autoscaling:CompleteLifecycleAction", "autoscaling:Describe*", "autoscaling:RecordLifecycleActionHeartbeat", "autoscaling:SetInstanceHealth",
          "cloudwatch:PutMetricData",
          "codebuild:BatchPut*", "codebuild:Create*", "codebuild:StartBuild", "codebuild:UpdateReport",
          "ec2:Describe*",
          "ec2messages:*",
          "ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:CompleteLayerUpload", "ecr:Describe*", "ecr:Get*", "ecr:InitiateLayerUpload",
          "ecr:List*", "ecr:PutImage", "ecr:UploadLayerPart",
          "elasticloadbalancing:Describe*",
          "kms:Decrypt", "kms:DescribeKey", "kms:Encrypt", "kms:GenerateDataKey*", "kms:ReEncrypt*",
          "logs:CreateLogGroup", "logs:CreateLogStream", "logs:Describe*", "logs:PutLogEvents", "logs:PutRetentionPolicy",
          "sns:Publish",
          "ssm:Describe*", "ssm:Get*", "ssm:List*", "ssm:Put*", "ssm:UpdateAssociationStatus", "ssm:UpdateInstance*",
          "ssmmessages:*",
        ]
        Resource = ["*"]
      },
      {
        Sid      = "Secrets"
        Effect   = "Allow"
        Action   = ["secretsmanager:DescribeSecret", "secretsmanager:GetSecretValue"]
        Resource = ["arn:aws:secretsmanager:*:${var.account_id}:secret:${var.name}-*"]
      },
      {
        # AWS's policy for managed instances reads every parameter of the account. AWS's own have no account in their ARN.
        Sid      = "NeverParameters"
        Effect   = "Deny"
        Action   = ["ssm:GetParameter", "ssm:GetParameters", "ssm:GetParametersByPath", "ssm:GetParameterHistory", "ssm:PutParameter"]
        Resource = ["arn:aws:ssm:*:${var.account_id}:parameter/*"]
      },
      {
        Sid      = "NeverTheState"
        Effect   = "Deny"
        Action   = ["s3:*"]
        Resource = [local.bucket_arn, "${local.bucket_arn}/*"]
      },
      {
        Sid      = "NeverTheKeyOfTheState"
        Effect   = "Deny"
        Action   = ["kms:*"]
        Resource = [aws_kms_key.state.arn]
      },
    ]
  }
}
