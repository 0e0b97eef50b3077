mock_provider "aws" {
  mock_resource "aws_iam_instance_profile" {
    defaults = { arn = "arn:aws:iam::123456789012:instance-profile/llm/x" }
  }
  mock_resource "aws_iam_role" {
    defaults = { arn = "arn:aws:iam::123456789012:role/llm/x" }
  }
  mock_resource "aws_launch_template" {
    defaults = { id = "lt-0123456789abcdef0", latest_version = 1 }
  }
}

variables {
  name              = "llm-dev-gpu"
  environment       = "dev"
  tags              = { Project = "llm", Topology = "gpu" }
  aws_region        = "us-east-1"
  subnet_ids        = ["subnet-0a", "subnet-0b"]
  security_group_id = "sg-0123456789abcdef0"
  target_group_arn  = "arn:aws:elasticloadbalancing:us-east-1:123456789012:targetgroup/llm-dev-gpu/50dc6c495c0c9188"
  gateway_image     = "123456789012.dkr.ecr.us-east-1.amazonaws.com/llm-dev-gpu/gateway@sha256:bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
  cors_origin       = "https://d111111abcdef8.cloudfront.net"
  log_group         = { name = "/llm/llm-dev-gpu/gateway", arn = "arn:aws:logs:us-east-1:123456789012:log-group:/llm/llm-dev-gpu/gateway" }
}

run "one_small_instance_that_the_load_balancer_may_find_unhealthy" {
  assert {
    condition     = aws_autoscaling_group.this.health_check_type == "EC2" && aws_autoscaling_group.this.ignore_failed_scaling_activities
    error_message = "A responder that is replaced because it is unhealthy would never answer; a zone without room must not end the apply."
  }

  assert {
    condition = (
      aws_autoscaling_group.this.min_size == 1 && aws_autoscaling_group.this.max_size == 1
      && aws_autoscaling_group.this.target_group_arns == toset([var.target_group_arn])
      && aws_launch_template.this.instance_type == "t4g.nano"
      && startswith(aws_launch_template.this.image_id, "resolve:ssm:") && endswith(aws_launch_template.this.image_id, "arm64")
    )
    error_message = "One t4g.nano in the GPU hosts' target group."
  }

  # Feature: llm-inference-service, Property 2: names and tags carry the environment
  assert {
    condition = (
      alltrue([for name in [aws_autoscaling_group.this.name, aws_launch_template.this.name, aws_iam_role.this.name, aws_iam_role_policy.this.name, aws_iam_instance_profile.this.name] : name == "llm-dev-gpu-standby"])
      && { for tag in aws_autoscaling_group.this.tag : tag.key => tag.value } == { Name = "llm-dev-gpu-standby", Environment = "dev", Project = "llm", Topology = "gpu" }
    )
    error_message = jsonencode(aws_autoscaling_group.this.tag)
  }

  assert {
    condition = (
      aws_launch_template.this.metadata_options[0].http_tokens == "required" && aws_launch_template.this.metadata_options[0].http_put_response_hop_limit == 1
      && aws_launch_template.this.network_interfaces[0].associate_public_ip_address == "false"
      && tobool(aws_launch_template.this.block_device_mappings[0].ebs[0].encrypted)
    )
    error_message = "Metadata for the host alone, no public address, an encrypted volume."
  }

  assert {
    condition = { for statement in jsondecode(aws_iam_role_policy.this.policy).Statement : join(" ", statement.Action) => join(" ", statement.Resource) } == {
      "ecr:GetAuthorizationToken"                                                    = "*"
      "ecr:BatchGetImage ecr:GetDownloadUrlForLayer ecr:BatchCheckLayerAvailability" = "arn:aws:ecr:us-east-1:123456789012:repository/llm-dev-gpu/gateway"
      "logs:CreateLogStream logs:PutLogEvents"                                       = "arn:aws:logs:us-east-1:123456789012:log-group:/llm/llm-dev-gpu/gateway:*"
    }
    error_message = aws_iam_role_policy.this.policy
  }

  assert {
    condition     = strcontains(local.user_data, "LLM_CORS_ORIGIN=https://d111111abcdef8.cloudfront.net") && length(aws_launch_template.this.user_data) / 4 * 3 < 16384
    error_message = "User data tells what is needed, in less than 16 KB."
  }
}

run "two_in_prod" {
  command = plan
  variables {
    environment              = "prod"
    instances                = 2
    ami_id                   = "ami-0123456789abcdef0"
    permissions_boundary_arn = "arn:aws:iam::123456789012:policy/llm/boundary"
  }

  assert {
    condition = (
      aws_autoscaling_group.this.min_size == 2 && aws_autoscaling_group.this.max_size == 2 && aws_launch_template.this.image_id == "ami-0123456789abcdef0"
      && aws_iam_role.this.path == "/llm/" && aws_iam_role.this.permissions_boundary == "arn:aws:iam::123456789012:policy/llm/boundary"
    )
    error_message = "As asked for."
  }
}

# One value of each variable that its rule must refuse.
run "what_is_refused" {
  command = plan
  variables {
    tags                     = { Name = "x" }
    name                     = "1llm"
    environment              = "test"
    aws_region               = "Virginia"
    subnet_ids               = []
    gateway_image            = "123456789012.dkr.ecr.us-east-1.amazonaws.com/llm-dev-gpu/gateway:latest"
    cors_origin              = "example.com"
    instances                = 0
    ami_id                   = "latest"
    permissions_boundary_arn = "boundary"
  }

  expect_failures = [
    var.name, var.environment, var.tags, var.aws_region, var.subnet_ids, var.gateway_image, var.cors_origin, var.instances, var.ami_id, var.permissions_boundary_arn,
  ]
}

run "a_value_that_host_env_cannot_carry_is_refused" {
  command = plan
  variables {
    log_group = { name = "/llm/a b", arn = "arn:aws:logs:us-east-1:123456789012:log-group:/llm/a" }
  }

  expect_failures = [aws_launch_template.this]
}

run "user_data_that_ec2_does_not_take_is_refused" {
  command = plan
  variables {
    # Hex digits pack to half their length.
    log_group = { name = join("", [for index in range(300) : sha512(tostring(index))]), arn = "arn:aws:logs:us-east-1:123456789012:log-group:/llm/a" }
  }

  expect_failures = [aws_launch_template.this]
}

run "a_second_responder_comes_before_the_first_goes" {
  command = plan

  assert {
    condition = alltrue([for limits in [aws_autoscaling_group.this.instance_maintenance_policy[0], aws_autoscaling_group.this.instance_refresh[0].preferences[0]] :
      limits.min_healthy_percentage == 100 && limits.max_healthy_percentage > 100
    ])
    error_message = "while it is replaced nobody answers"
  }
}
