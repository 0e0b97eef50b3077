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
  mock_resource "aws_autoscaling_policy" {
    defaults = { arn = "arn:aws:autoscaling:us-east-1:123456789012:scalingPolicy:1b2c:autoScalingGroupName/x:policyName/y" }
  }
}

variables {
  name              = "llm-dev-gpu"
  environment       = "dev"
  tags              = { Project = "llm", Topology = "gpu" }
  aws_region        = "us-east-1"
  account_id        = "123456789012"
  subnet_ids        = ["subnet-0a", "subnet-0b"]
  security_group_id = "sg-0123456789abcdef0"
  target_group_arn  = "arn:aws:elasticloadbalancing:us-east-1:123456789012:targetgroup/llm-dev-gpu/50dc6c495c0c9188"
  artifacts = {
    bucket         = "llm-dev-gpu-artifacts-123456789012"
    engine_image   = "123456789012.dkr.ecr.us-east-1.amazonaws.com/llm-dev-gpu/engine@sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
    gateway_image  = "123456789012.dkr.ecr.us-east-1.amazonaws.com/llm-dev-gpu/gateway@sha256:bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
    weights_key    = "weights/microsoft--Phi-3-mini-4k-instruct@0a67737cc96d2554230f90338b163bc6380a2a85"
    weights_sha256 = "cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc"
  }
  gateway = { cors_origin = "https://d111111abcdef8.cloudfront.net" }
  log_groups = {
    gateway = { name = "/llm/llm-dev-gpu/gateway", arn = "arn:aws:logs:us-east-1:123456789012:log-group:/llm/llm-dev-gpu/gateway" }
    engine  = { name = "/llm/llm-dev-gpu/engine", arn = "arn:aws:logs:us-east-1:123456789012:log-group:/llm/llm-dev-gpu/engine" }
    host    = { name = "/llm/llm-dev-gpu/host", arn = "arn:aws:logs:us-east-1:123456789012:log-group:/llm/llm-dev-gpu/host" }
  }
}

# One value of each variable that its (first) rule must refuse.
run "what_is_refused" {
  command = plan
  variables {
    tags                      = { Name = "x" }
    name                      = "llm-dev-gpu-with-a-name-too-long"
    environment               = "test"
    aws_region                = "us-east-1a"
    account_id                = "1234"
    subnet_ids                = []
    instance_types            = ["g5.xlarge", "g5.xlarge"]
    min_instances             = -1
    ami_id                    = "ubuntu"
    volume                    = { size_gb = 20 }
    scaling                   = { scale_up_threshold = 30, scale_down_threshold = 30 }
    spot                      = { on_demand_percentage = 101 }
    wait_for_capacity_timeout = "20"
    artifacts = {
      bucket         = "llm-dev-gpu-artifacts-123456789012"
      engine_image   = "vllm/vllm-openai:latest"
      gateway_image  = "123456789012.dkr.ecr.us-east-1.amazonaws.com/llm-dev-gpu/gateway@sha256:bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
      weights_key    = "weights/a@b"
      weights_sha256 = "cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc"
    }
    model                    = { served_name = "phi 3; reboot" }
    gateway                  = { cors_origin = "https://d111111abcdef8.cloudfront.net", rate_limit_per_ip = 0 }
    keys_secret_arn          = "llm-dev-gpu-keys"
    permissions_boundary_arn = "boundary"
  }

  expect_failures = [
    var.name, var.environment, var.tags, var.aws_region, var.account_id, var.subnet_ids, var.instance_types, var.min_instances, var.ami_id,
    var.volume, var.scaling, var.spot, var.wait_for_capacity_timeout, var.artifacts, var.model, var.gateway, var.keys_secret_arn,
    var.permissions_boundary_arn,
  ]
}

# The second rules.
run "what_else_is_refused" {
  command = plan
  variables {
    instance_types = ["g6.xlarge"]
    min_instances  = 3
    max_instances  = 2
    volume         = { throughput = 2000 }
    scaling        = { queue_depth = 0 }
    spot           = { on_demand_base = -1 }
    artifacts = {
      bucket         = "Not_A_Bucket"
      engine_image   = "123456789012.dkr.ecr.us-east-1.amazonaws.com/llm-dev-gpu/engine@sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
      gateway_image  = "123456789012.dkr.ecr.us-east-1.amazonaws.com/llm-dev-gpu/gateway@sha256:bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
      weights_key    = "weights/a@b"
      weights_sha256 = "cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc"
    }
    model   = { max_model_len = 100 }
    gateway = { cors_origin = "https://example.com/page" }
  }

  expect_failures = [var.instance_types, var.max_instances, var.volume, var.scaling, var.spot, var.artifacts, var.model, var.gateway]
}

run "weights_that_are_not_a_folder_are_refused" {
  command = plan
  variables {
    volume    = { initialization_rate = 500 }
    scaling   = { scale_up_threshold = 100 }
    warm_pool = {}
    artifacts = {
      bucket         = "llm-dev-gpu-artifacts-123456789012"
      engine_image   = "123456789012.dkr.ecr.us-east-1.amazonaws.com/llm-dev-gpu/engine@sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
      gateway_image  = "123456789012.dkr.ecr.us-east-1.amazonaws.com/llm-dev-gpu/gateway@sha256:bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
      weights_key    = "weights/a@b/"
      weights_sha256 = "cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc"
    }
  }

  expect_failures = [var.volume, var.scaling, var.warm_pool, var.artifacts]
}

run "a_digest_that_is_none_is_refused" {
  command = plan
  variables {
    artifacts = {
      bucket         = "llm-dev-gpu-artifacts-123456789012"
      engine_image   = "123456789012.dkr.ecr.us-east-1.amazonaws.com/llm-dev-gpu/engine@sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
      gateway_image  = "123456789012.dkr.ecr.us-east-1.amazonaws.com/llm-dev-gpu/gateway@sha256:bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
      weights_key    = "weights/a@b"
      weights_sha256 = "sha256:cc"
    }
    min_instances = 0
    max_instances = 0
  }

  expect_failures = [var.artifacts, var.max_instances]
}

run "a_value_that_host_env_cannot_carry_is_refused" {
  command = plan
  variables {
    log_groups = {
      gateway = { name = "/llm/$(reboot)", arn = "arn:aws:logs:us-east-1:123456789012:log-group:/llm/a" }
      engine  = { name = "/llm/b", arn = "arn:aws:logs:us-east-1:123456789012:log-group:/llm/b" }
      host    = { name = "/llm/c", arn = "arn:aws:logs:us-east-1:123456789012:log-group:/llm/c" }
    }
  }

  expect_failures = [aws_launch_template.this]
}

run "user_data_that_ec2_does_not_take_is_refused" {
  command = plan
  variables {
    # Hex digits pack to half their length.
    model = { name = join("", [for index in range(300) : sha512(tostring(index))]) }
  }

  expect_failures = [aws_launch_template.this]
}
