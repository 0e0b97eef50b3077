# What a host may do, and nothing else. Its containers may do nothing: they cannot reach the metadata service.

locals {
  bucket_arn = "arn:aws:s3:::${var.artifacts.bucket}"
  # What a host reads from the bucket: weights, the metrics agent, compiled kernels.
  bucket_prefixes = ["weights", "cwagent", "compile-cache"]

  # <account>.dkr.ecr.<region>.amazonaws.com/<repository>@sha256:<digest>
  image_parts     = [for image in [var.artifacts.engine_image, var.artifacts.gateway_image] : regex("^([0-9]+)\\.dkr\\.ecr\\.([a-z0-9-]+)\\.amazonaws\\.com/([^@]+)@", image)]
  repository_arns = [for part in local.image_parts : "arn:aws:ecr:${part[1]}:${part[0]}:repository/${part[2]}"]

  statements = concat(
    [
      {
        Sid      = "ReadArtifacts"
        Effect   = "Allow"
        Action   = ["s3:GetObject"]
        Resource = [for prefix in local.bucket_prefixes : "${local.bucket_arn}/${prefix}/*"]
      },
      {
        Sid       = "ListArtifacts"
        Effect    = "Allow"
        Action    = ["s3:ListBucket"]
        Resource  = [local.bucket_arn]
        Condition = { StringLike = { "s3:prefix" = [for prefix in local.bucket_prefixes : "${prefix}/*"] } }
      },
      {
        # Has no resource to name.
        Sid      = "LogInToRegistry"
        Effect   = "Allow"
        Action   = ["ecr:GetAuthorizationToken"]
        Resource = ["*"]
      },
      {
        Sid      = "PullImages"
        Effect   = "Allow"
        Action   = ["ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer", "ecr:BatchCheckLayerAvailability"]
        Resource = local.repository_arns
      },
      {
        Sid      = "WriteLogs"
        Effect   = "Allow"
        Action   = ["logs:CreateLogStream", "logs:PutLogEvents"]
        Resource = [for group in [var.log_groups.gateway, var.log_groups.engine, var.log_groups.host] : "${group.arn}:*"]
      },
      {
        # Has no resource to name; the namespace bounds it.
        Sid       = "PutMetrics"
        Effect    = "Allow"
        Action    = ["cloudwatch:PutMetricData"]
        Resource  = ["*"]
        Condition = { StringEquals = { "cloudwatch:namespace" = "LLMInference" } }
      },
      {
        Sid      = "SayReady"
        Effect   = "Allow"
        Action   = ["autoscaling:CompleteLifecycleAction", "autoscaling:RecordLifecycleActionHeartbeat"]
        Resource = ["arn:aws:autoscaling:${var.aws_region}:${var.account_id}:autoScalingGroup:*:autoScalingGroupName/${local.asg_name}"]
      },
    ],
    var.spot == null ? [] : [
      {
        # A host that AWS takes back says so before it is gone.
        Sid      = "LeaveGroup"
        Effect   = "Allow"
        Action   = ["autoscaling:TerminateInstanceInAutoScalingGroup"]
        Resource = ["arn:aws:autoscaling:${var.aws_region}:${var.account_id}:autoScalingGroup:*:autoScalingGroupName/${local.asg_name}"]
      },
    ],
    var.keys_secret_arn == "" ? [] : [
      {
        Sid      = "ReadKeyHashes"
        Effect   = "Allow"
        Action   = ["secretsmanager:GetSecretValue"]
        Resource = [var.keys_secret_arn]
      },
    ],
  )
}

resource "aws_iam_role" "host" {
  name                 = "${var.name}-host"
  path                 = "/llm/"
  description          = "GPU hosts of ${var.name}"
  permissions_boundary = var.permissions_boundary_arn == "" ? null : var.permissions_boundary_arn

  assume_role_policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "ec2.amazonaws.com" } }]
  })

  tags = { Name = "${var.name}-host" }
}

resource "aws_iam_role_policy" "host" {
  name   = "${var.name}-host"
  role   = aws_iam_role.host.id
  policy = jsonencode({ Version = "2012-10-17", Statement = local.statements })
}

# Shell access without a port, a key or a bastion.
resource "aws_iam_role_policy_attachment" "session_manager" {
  role       = aws_iam_role.host.name
  policy_arn = "arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore"
}

resource "aws_iam_instance_profile" "host" {
  name = "${var.name}-host"
  path = "/llm/"
  role = aws_iam_role.host.name
  tags = { Name = "${var.name}-host" }
}
