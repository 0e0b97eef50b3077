mock_provider "aws" {
  mock_resource "aws_lb" {
    defaults = {
      arn        = "arn:aws:elasticloadbalancing:us-east-1:123456789012:loadbalancer/app/x/50dc6c495c0c9188"
      arn_suffix = "app/x/50dc6c495c0c9188"
      dns_name   = "x-1.us-east-1.elb.amazonaws.com"
    }
  }
  mock_resource "aws_lb_target_group" {
    defaults = {
      arn        = "arn:aws:elasticloadbalancing:us-east-1:123456789012:targetgroup/x/50dc6c495c0c9188"
      arn_suffix = "targetgroup/x/50dc6c495c0c9188"
    }
  }
  mock_resource "aws_iam_instance_profile" {
    defaults = { arn = "arn:aws:iam::123456789012:instance-profile/x" }
  }
  mock_resource "aws_iam_role" {
    defaults = { arn = "arn:aws:iam::123456789012:role/llm/x" }
  }
  mock_resource "aws_launch_template" {
    defaults = { id = "lt-0123456789abcdef0", latest_version = 1 }
  }
  mock_resource "aws_api_gateway_stage" {
    defaults = { arn = "arn:aws:apigateway:us-east-1::/restapis/abc123/stages/dev", invoke_url = "https://abc123.execute-api.us-east-1.amazonaws.com/dev" }
  }
  mock_resource "aws_wafv2_web_acl" {
    defaults = { arn = "arn:aws:wafv2:us-east-1:123456789012:regional/webacl/x/a1b2" }
  }
  mock_resource "aws_secretsmanager_secret" {
    defaults = { arn = "arn:aws:secretsmanager:us-east-1:123456789012:secret:x-AbCdEf" }
  }
  mock_resource "aws_cloudwatch_log_group" {
    defaults = { arn = "arn:aws:logs:us-east-1:123456789012:log-group:x" }
  }
  mock_resource "aws_autoscaling_policy" {
    defaults = { arn = "arn:aws:autoscaling:us-east-1:123456789012:scalingPolicy:1:autoScalingGroupName/x:policyName/x" }
  }
  mock_resource "aws_cloudfront_distribution" {
    defaults = { arn = "arn:aws:cloudfront::123456789012:distribution/E1", domain_name = "d111111abcdef8.cloudfront.net" }
  }
  mock_resource "aws_sns_topic" {
    defaults = { arn = "arn:aws:sns:us-east-1:123456789012:x" }
  }
  mock_resource "aws_s3_bucket" {
    defaults = { id = "x-1", arn = "arn:aws:s3:::x-1", bucket_regional_domain_name = "x-1.s3.us-east-1.amazonaws.com" }
  }
}

run "setup" {
  module {
    source = "./tests/setup"
  }
}

# Feature: llm-inference-service, Property 3: where min_instances >= 1, the Auto Scaling group has min_size >= 1
run "as_many_as_asked_for" {
  command = plan
  module {
    source = "./modules/gpu_fleet"
  }
  variables {
    name              = "llm-dev-gpu"
    environment       = "dev"
    aws_region        = "us-east-1"
    account_id        = "123456789012"
    subnet_ids        = ["subnet-0123456789abcdef0", "subnet-0123456789abcdef1"]
    security_group_id = "sg-0123456789abcdef0"
    target_group_arn  = "arn:aws:elasticloadbalancing:us-east-1:123456789012:targetgroup/x/50dc6c495c0c9188"
    min_instances     = 3
    max_instances     = 7
    artifacts         = run.setup.artifacts
    gateway           = { cors_origin = "*" }
    log_groups = {
      gateway = { name = "/llm/llm-dev-gpu/gateway", arn = "arn:aws:logs:us-east-1:123456789012:log-group:/llm/llm-dev-gpu/gateway" }
      engine  = { name = "/llm/llm-dev-gpu/engine", arn = "arn:aws:logs:us-east-1:123456789012:log-group:/llm/llm-dev-gpu/engine" }
      host    = { name = "/llm/llm-dev-gpu/host", arn = "arn:aws:logs:us-east-1:123456789012:log-group:/llm/llm-dev-gpu/host" }
    }
  }

  assert {
    condition     = aws_autoscaling_group.this.min_size == 3 && aws_autoscaling_group.this.max_size == 7 && aws_autoscaling_group.this.min_elb_capacity == 3
    error_message = "The group has another size than was asked for."
  }
}

# Feature: llm-inference-service, Property 3: where min_instances >= 1, the Auto Scaling group has min_size >= 1
run "one_at_least" {
  command = plan
  module {
    source = "./modules/gpu_fleet"
  }
  variables {
    name              = "llm-dev-gpu"
    environment       = "dev"
    aws_region        = "us-east-1"
    account_id        = "123456789012"
    subnet_ids        = ["subnet-0123456789abcdef0", "subnet-0123456789abcdef1"]
    security_group_id = "sg-0123456789abcdef0"
    target_group_arn  = "arn:aws:elasticloadbalancing:us-east-1:123456789012:targetgroup/x/50dc6c495c0c9188"
    min_instances     = 0
    artifacts         = run.setup.artifacts
    gateway           = { cors_origin = "*" }
    log_groups = {
      gateway = { name = "/llm/llm-dev-gpu/gateway", arn = "arn:aws:logs:us-east-1:123456789012:log-group:/llm/llm-dev-gpu/gateway" }
      engine  = { name = "/llm/llm-dev-gpu/engine", arn = "arn:aws:logs:us-east-1:123456789012:log-group:/llm/llm-dev-gpu/engine" }
      host    = { name = "/llm/llm-dev-gpu/host", arn = "arn:aws:logs:us-east-1:123456789012:log-group:/llm/llm-dev-gpu/host" }
    }
  }

  assert {
    condition     = aws_autoscaling_group.this.min_size == 1 && aws_autoscaling_group.this.max_size == 4
    error_message = "The group may run out of instances."
  }

  assert {
    condition     = aws_autoscaling_group.this.health_check_type == "ELB" && toset(aws_autoscaling_group.this.vpc_zone_identifier) == toset(["subnet-0123456789abcdef0", "subnet-0123456789abcdef1"])
    error_message = "The group spreads over the subnets, and the load balancer says who is healthy."
  }

  assert {
    condition     = aws_launch_template.this.metadata_options[0].http_tokens == "required" && aws_launch_template.this.metadata_options[0].http_put_response_hop_limit == 1
    error_message = "Credentials need a token, and containers get none."
  }

  assert {
    condition     = aws_cloudwatch_metric_alarm.gpu_high.threshold == 70 && aws_cloudwatch_metric_alarm.gpu_high.evaluation_periods == 3 && aws_cloudwatch_metric_alarm.gpu_low.threshold == 30 && aws_cloudwatch_metric_alarm.gpu_low.evaluation_periods == 10
    error_message = "Out above 70 % for 3 minutes, in below 30 % for 10 minutes."
  }
}

run "fewer_than_none_are_refused" {
  command = plan
  module {
    source = "./topologies/gpu"
  }
  variables {
    account_id           = "123456789012"
    artifacts            = run.setup.artifacts
    demo_files_directory = run.setup.pages
    environment          = "dev"
    availability_zones   = run.setup.zones[2]
    min_instances        = -1
  }

  expect_failures = [var.min_instances]
}

