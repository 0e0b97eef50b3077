# The most that a role of the services can do, whatever policies it is given: a deploy role may make roles, but none stronger than this. Each
# environment has its own, so that no role that dev makes reaches what prod keeps. Those without a role for GitHub have one, too: a person's
# deployment makes the same roles.
resource "aws_iam_policy" "boundary" {
  # checkov:skip=CKV_AWS_289:a boundary allows nothing by itself, and this one denies every change of permissions
  # checkov:skip=CKV_AWS_290:a boundary allows nothing by itself; the roles' own policies name resources
  # checkov:skip=CKV_AWS_355:as above
  # checkov:skip=CKV_AWS_288:as above
  # checkov:skip=CKV_AWS_287:as above
  # checkov:skip=CKV_AWS_286:as above
  for_each = local.boundaries

  name        = "${var.name}-boundary-${each.key}"
  path        = local.path
  description = "Bounds the roles of hosts, builds and services of ${var.name} in ${each.key}"
  policy      = jsonencode({ Version = "2012-10-17", Statement = each.value })
}

locals {
  # What the roots take as an environment.
  all_environments = toset(["dev", "staging", "prod"])

  boundary_arns = { for environment in local.all_environments : environment =>
  "arn:aws:iam::${var.account_id}:policy${local.path}${var.name}-boundary-${environment}" }

  boundaries = { for environment in local.all_environments : environment => [
    {
      Sid      = "Buckets"
      Effect   = "Allow"
      Action   = ["s3:AbortMultipartUpload", "s3:Get*", "s3:List*", "s3:PutObject"]
      Resource = ["arn:aws:s3:::${var.name}-${environment}-*"]
    },
    {
      Sid      = "PublicSources"
      Effect   = "Allow"
      Action   = ["s3:GetObject"]
      Resource = ["arn:aws:s3:::amazoncloudwatch-agent*/*", "arn:aws:s3:::amazon-ssm-*/*", "arn:aws:s3:::aws-ssm-*/*"]
    },
    {
      Sid    = "ByName"
      Effect = "Allow"
      Action = [
        "autoscaling:CompleteLifecycleAction", "autoscaling:RecordLifecycleActionHeartbeat", "autoscaling:TerminateInstanceInAutoScalingGroup",
        "ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:CompleteLayerUpload", "ecr:Describe*", "ecr:GetDownloadUrlForLayer",
        "ecr:InitiateLayerUpload", "ecr:ListImages", "ecr:PutImage", "ecr:UploadLayerPart",
        "logs:CreateLogGroup", "logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents", "logs:PutRetentionPolicy",
        "secretsmanager:DescribeSecret", "secretsmanager:GetSecretValue",
        "sns:Publish",
      ]
      Resource = [
        "arn:aws:autoscaling:${local.here}:autoScalingGroup:*:autoScalingGroupName/${var.name}-${environment}-*",
        "arn:aws:ecr:${local.here}:repository/${var.name}-${environment}-*",
        "arn:aws:logs:${local.here}:log-group:/llm/${var.name}-${environment}-*",
        "arn:aws:secretsmanager:${local.here}:secret:${var.name}-${environment}-*",
        "arn:aws:sns:${local.here}:${var.name}-${environment}-*",
      ]
    },
    {
      # What has no name of an environment: keys of the operator's own, metrics, and what AWS's policy for managed instances asks for.
      Sid    = "Work"
      Effect = "Allow"
      Action = [
        "autoscaling:Describe*", "cloudwatch:PutMetricData", "ec2:Describe*", "ec2messages:*", "ecr:GetAuthorizationToken",
        "elasticloadbalancing:Describe*", "kms:Decrypt", "kms:DescribeKey", "kms:Encrypt", "kms:GenerateDataKey*", "kms:ReEncrypt*",
        "logs:DescribeLogGroups", "ssm:Describe*", "ssm:Get*", "ssm:List*", "ssm:Put*", "ssm:UpdateAssociationStatus", "ssm:UpdateInstance*",
        "ssmmessages:*",
      ]
      Resource = ["*"]
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
  ] }
}
