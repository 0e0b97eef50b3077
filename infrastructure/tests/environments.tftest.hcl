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

# Feature: llm-inference-service, Property 1: the plan has all required resources
# Feature: llm-inference-service, Property 2: names and tags have the environment
run "dev" {
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
    api_key_required     = false
    egress_mode          = "nat"
  }

  assert {
    condition     = alltrue([for group in values(aws_security_group.this) : startswith(group.name_prefix, "llm-dev-gpu-") && startswith(group.tags.Name, "llm-dev-gpu-")])
    error_message = jsonencode(aws_security_group.this)
  }

  assert {
    condition     = output.asg_name == "llm-dev-gpu-fleet" && output.standby_asg_name == "llm-dev-gpu-standby" && output.log_group_name == "/llm/llm-dev-gpu/gateway" && endswith(output.dashboard_url, "#dashboards/dashboard/llm-dev-gpu")
    error_message = output.asg_name
  }

  assert {
    condition     = length(output.public_subnet_ids) == 2 && length(output.private_subnet_ids) == 2
    error_message = jsonencode(output.private_subnet_ids)
  }

  assert {
    condition     = alltrue([for value in [output.vpc_id, output.alb_arn, output.alb_dns_name, output.target_group_arn, output.vpc_link_id, output.web_acl_arn, output.asg_arn, output.api_id, output.demo_url, output.cloudfront_distribution_id, output.alarm_topic_arn, output.alb_security_group_id, output.ec2_security_group_id] : value != null && value != ""])
    error_message = "An output of the design document is empty."
  }

  assert {
    condition     = (output.api_keys_secret_arn != null) == false
    error_message = jsonencode(output.api_keys_secret_arn)
  }
}

# Feature: llm-inference-service, Property 1: the plan has all required resources
# Feature: llm-inference-service, Property 2: names and tags have the environment
run "staging" {
  command = plan
  module {
    source = "./topologies/gpu"
  }
  variables {
    account_id           = "123456789012"
    artifacts            = run.setup.artifacts
    demo_files_directory = run.setup.pages
    environment          = "staging"
    availability_zones   = run.setup.zones[3]
    api_key_required     = true
    egress_mode          = "endpoints"
  }

  assert {
    condition     = alltrue([for group in values(aws_security_group.this) : startswith(group.name_prefix, "llm-staging-gpu-") && startswith(group.tags.Name, "llm-staging-gpu-")])
    error_message = jsonencode(aws_security_group.this)
  }

  assert {
    condition     = output.asg_name == "llm-staging-gpu-fleet" && output.standby_asg_name == "llm-staging-gpu-standby" && output.log_group_name == "/llm/llm-staging-gpu/gateway" && endswith(output.dashboard_url, "#dashboards/dashboard/llm-staging-gpu")
    error_message = output.asg_name
  }

  assert {
    condition     = length(output.public_subnet_ids) == 3 && length(output.private_subnet_ids) == 3
    error_message = jsonencode(output.private_subnet_ids)
  }

  assert {
    condition     = alltrue([for value in [output.vpc_id, output.alb_arn, output.alb_dns_name, output.target_group_arn, output.vpc_link_id, output.web_acl_arn, output.asg_arn, output.api_id, output.demo_url, output.cloudfront_distribution_id, output.alarm_topic_arn, output.alb_security_group_id, output.ec2_security_group_id] : value != null && value != ""])
    error_message = "An output of the design document is empty."
  }

  assert {
    condition     = (output.api_keys_secret_arn != null) == true
    error_message = jsonencode(output.api_keys_secret_arn)
  }
}

# Feature: llm-inference-service, Property 1: the plan has all required resources
# Feature: llm-inference-service, Property 2: names and tags have the environment
run "prod" {
  command = plan
  module {
    source = "./topologies/gpu"
  }
  variables {
    account_id           = "123456789012"
    artifacts            = run.setup.artifacts
    demo_files_directory = run.setup.pages
    environment          = "prod"
    availability_zones   = run.setup.zones[4]
    api_key_required     = true
    egress_mode          = "endpoints"
  }

  assert {
    condition     = alltrue([for group in values(aws_security_group.this) : startswith(group.name_prefix, "llm-prod-gpu-") && startswith(group.tags.Name, "llm-prod-gpu-")])
    error_message = jsonencode(aws_security_group.this)
  }

  assert {
    condition     = output.asg_name == "llm-prod-gpu-fleet" && output.standby_asg_name == "llm-prod-gpu-standby" && output.log_group_name == "/llm/llm-prod-gpu/gateway" && endswith(output.dashboard_url, "#dashboards/dashboard/llm-prod-gpu")
    error_message = output.asg_name
  }

  assert {
    condition     = length(output.public_subnet_ids) == 4 && length(output.private_subnet_ids) == 4
    error_message = jsonencode(output.private_subnet_ids)
  }

  assert {
    condition     = alltrue([for value in [output.vpc_id, output.alb_arn, output.alb_dns_name, output.target_group_arn, output.vpc_link_id, output.web_acl_arn, output.asg_arn, output.api_id, output.demo_url, output.cloudfront_distribution_id, output.alarm_topic_arn, output.alb_security_group_id, output.ec2_security_group_id] : value != null && value != ""])
    error_message = "An output of the design document is empty."
  }

  assert {
    condition     = (output.api_keys_secret_arn != null) == true
    error_message = jsonencode(output.api_keys_secret_arn)
  }
}

run "another_environment_is_refused" {
  command = plan
  module {
    source = "./topologies/gpu"
  }
  variables {
    account_id           = "123456789012"
    artifacts            = run.setup.artifacts
    demo_files_directory = run.setup.pages
    environment          = "test"
    availability_zones   = run.setup.zones[2]
  }

  expect_failures = [var.environment]
}
