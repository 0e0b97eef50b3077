# A small instance in the GPU hosts' target group that is never healthy. A load balancer whose targets are all unhealthy sends requests
# to all of them: so with no GPU host in service, clients get 503 with Retry-After from here, which a load balancer cannot say itself.

locals {
  resource_name = "${var.name}-standby"
  # Resolved at each launch: no data source at plan time.
  image_id = var.ami_id != "" ? var.ami_id : "resolve:ssm:/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-arm64"

  image_parts    = regex("^([0-9]+)\\.dkr\\.ecr\\.([a-z0-9-]+)\\.amazonaws\\.com/([^@]+)@", var.gateway_image)
  repository_arn = "arn:aws:ecr:${local.image_parts[1]}:${local.image_parts[0]}:repository/${local.image_parts[2]}"

  environment = {
    LLM_NAME              = var.name
    LLM_ENVIRONMENT       = var.environment
    LLM_REGION            = var.aws_region
    LLM_GATEWAY_IMAGE     = var.gateway_image
    LLM_GATEWAY_LOG_GROUP = var.log_group.name
    LLM_CORS_ORIGIN       = var.cors_origin
  }

  user_data = templatefile("${path.module}/host/user-data.tftpl", {
    files_directory = "${path.module}/host/files"
    environment     = local.environment
  })
  # cloud-init unpacks it.
  user_data_base64 = base64gzip(local.user_data)

  # What an Auto Scaling group and the volumes do not take over from the provider by themselves.
  tags = merge(var.tags, { Name = local.resource_name, Environment = var.environment })
}

resource "aws_launch_template" "this" {
  name                   = local.resource_name
  description            = "Standby responder of ${var.name}"
  update_default_version = true
  image_id               = local.image_id
  instance_type          = "t4g.nano"
  ebs_optimized          = true
  user_data              = local.user_data_base64

  iam_instance_profile {
    arn = aws_iam_instance_profile.this.arn
  }

  metadata_options {
    http_endpoint = "enabled"
    http_tokens   = "required"
    # One hop ends at the host: the container behind the bridge gets no credentials.
    http_put_response_hop_limit = 1
    instance_metadata_tags      = "disabled"
  }

  network_interfaces {
    associate_public_ip_address = false
    delete_on_termination       = true
    security_groups             = [var.security_group_id]
  }

  block_device_mappings {
    device_name = "/dev/xvda"

    ebs {
      volume_type           = "gp3"
      volume_size           = 8
      encrypted             = true
      delete_on_termination = true
    }
  }

  dynamic "tag_specifications" {
    for_each = toset(["volume", "network-interface"])
    content {
      resource_type = tag_specifications.value
      tags          = local.tags
    }
  }

  tags = { Name = local.resource_name }

  lifecycle {
    precondition {
      # systemd, bash and `docker --env-file` read host.env by different rules for everything else.
      condition     = alltrue([for value in values(local.environment) : can(regex("^[A-Za-z0-9._/:@=+,*-]*$", value))])
      error_message = "A value for the responder has a character that host.env cannot carry: ${join(", ", [for key, value in local.environment : key if !can(regex("^[A-Za-z0-9._/:@=+,*-]*$", value))])}."
    }

    precondition {
      condition     = length(local.user_data_base64) / 4 * 3 <= 16384
      error_message = "The responder's user data is ${length(local.user_data_base64) / 4 * 3} bytes packed; EC2 takes 16384."
    }
  }
}

resource "aws_autoscaling_group" "this" {
  name                = local.resource_name
  min_size            = var.instances
  max_size            = var.instances
  vpc_zone_identifier = var.subnet_ids
  target_group_arns   = [var.target_group_arn]

  # The load balancer never finds it healthy, and must not have it replaced for that.
  health_check_type         = "EC2"
  health_check_grace_period = 60
  # The group goes on to another zone after a launch that failed; the apply would end with the first failure.
  ignore_failed_scaling_activities = true

  enabled_metrics = ["GroupInServiceInstances"]

  launch_template {
    id      = aws_launch_template.this.id
    version = aws_launch_template.this.latest_version
  }

  # A second one comes before the first one goes.
  instance_maintenance_policy {
    min_healthy_percentage = 100
    max_healthy_percentage = 200
  }

  instance_refresh {
    strategy = "Rolling"

    preferences {
      min_healthy_percentage = 100
      max_healthy_percentage = 200
    }
  }

  dynamic "tag" {
    for_each = local.tags
    content {
      key                 = tag.key
      value               = tag.value
      propagate_at_launch = true
    }
  }

  depends_on = [aws_iam_role_policy.this, aws_iam_role_policy_attachment.session_manager]
}

resource "aws_iam_role" "this" {
  name                 = local.resource_name
  path                 = "/llm/"
  description          = "Standby responder of ${var.name}"
  permissions_boundary = var.permissions_boundary_arn == "" ? null : var.permissions_boundary_arn

  assume_role_policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "ec2.amazonaws.com" } }]
  })

  tags = { Name = local.resource_name }
}

resource "aws_iam_role_policy" "this" {
  name = local.resource_name
  role = aws_iam_role.this.id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        # Has no resource to name.
        Sid      = "LogInToRegistry"
        Effect   = "Allow"
        Action   = ["ecr:GetAuthorizationToken"]
        Resource = ["*"]
      },
      {
        Sid      = "PullImage"
        Effect   = "Allow"
        Action   = ["ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer", "ecr:BatchCheckLayerAvailability"]
        Resource = [local.repository_arn]
      },
      {
        Sid      = "WriteLogs"
        Effect   = "Allow"
        Action   = ["logs:CreateLogStream", "logs:PutLogEvents"]
        Resource = ["${var.log_group.arn}:*"]
      },
    ]
  })
}

# Shell access without a port, a key or a bastion.
resource "aws_iam_role_policy_attachment" "session_manager" {
  role       = aws_iam_role.this.name
  policy_arn = "arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore"
}

resource "aws_iam_instance_profile" "this" {
  name = local.resource_name
  path = "/llm/"
  role = aws_iam_role.this.name
  tags = { Name = local.resource_name }
}
