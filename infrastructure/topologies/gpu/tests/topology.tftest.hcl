# What the root itself makes of its modules.

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

variables {
  environment          = "dev"
  account_id           = "123456789012"
  availability_zones   = ["us-east-1a", "us-east-1b"]
  demo_files_directory = "../../tests/setup/pages"
  artifacts = {
    bucket         = "llm-dev-gpu-artifacts-123456789012-us-east-1"
    engine_image   = "123456789012.dkr.ecr.us-east-1.amazonaws.com/llm-dev-gpu/engine@sha256:0000000000000000000000000000000000000000000000000000000000000000"
    gateway_image  = "123456789012.dkr.ecr.us-east-1.amazonaws.com/llm-dev-gpu/gateway@sha256:0000000000000000000000000000000000000000000000000000000000000000"
    weights_key    = "weights/microsoft--Phi-3-mini-4k-instruct@0123456789abcdef"
    weights_sha256 = "0000000000000000000000000000000000000000000000000000000000000000"
  }
}

# Feature: llm-inference-service, Property 1: the plan has all required resources
run "as_it_is_by_default" {
  command = plan

  assert {
    condition     = output.asg_name == "llm-dev-gpu-fleet" && output.standby_asg_name == "llm-dev-gpu-standby" && output.api_endpoint == "https://abc123.execute-api.us-east-1.amazonaws.com/dev"
    error_message = "Outputs name what was made."
  }

  assert {
    condition     = output.demo_url == "https://d111111abcdef8.cloudfront.net" && output.cloudfront_distribution_id != null
    error_message = "The demo is there unless asked otherwise."
  }

  assert {
    condition     = output.api_keys_secret_arn == null && output.api_keys_version == null && length(aws_secretsmanager_secret.api_keys) == 0
    error_message = "No key is asked for unless wanted."
  }

  assert {
    condition     = toset(keys(aws_vpc_security_group_egress_rule.this)) == toset(["vpclink_to_alb", "alb_to_gpu", "gpu_to_endpoints", "gpu_to_s3"])
    error_message = jsonencode(keys(aws_vpc_security_group_egress_rule.this))
  }

  # What an hour costs at the least is what the estimate says, so EstimatedCost on the dashboard agrees with it.
  assert {
    condition = abs(730 * (
      module.cost.cost_constants.instance_hour["gpu"] + module.cost.cost_constants.fixed_hour + module.cost.cost_constants.instance_hour["standby"]
    ) - output.estimated_monthly_cost.typical) < 10
    error_message = jsonencode(module.cost.cost_constants)
  }

  # Eight metric alarms, one composite, one dashboard and the three custom metrics that the alarms name: 0.80 + 0.50 + 3.00 + 0.90, and half a GB of logs.
  assert {
    condition     = output.estimated_monthly_cost_by_type["cloudwatch"].min == 5.45
    error_message = jsonencode(output.estimated_monthly_cost_by_type["cloudwatch"])
  }
}

run "everything_that_is_optional_is_left_out" {
  command = plan
  variables {
    enable_demo              = false
    enable_standby_responder = false
    sns_topic_arn            = "arn:aws:sns:us-east-1:123456789012:ops"
    egress_mode              = "nat"
  }

  assert {
    condition     = output.demo_url == null && output.cloudfront_distribution_id == null && output.standby_asg_name == null && output.alarm_topic_arn == "arn:aws:sns:us-east-1:123456789012:ops"
    error_message = jsonencode([output.demo_url, output.standby_asg_name, output.alarm_topic_arn])
  }

  assert {
    condition     = toset(keys(aws_vpc_security_group_egress_rule.this)) == toset(["vpclink_to_alb", "alb_to_gpu", "gpu_to_internet"]) && aws_vpc_security_group_egress_rule.this["gpu_to_internet"].from_port == 443
    error_message = jsonencode(keys(aws_vpc_security_group_egress_rule.this))
  }

  assert {
    condition     = !contains(keys(output.estimated_monthly_cost_by_type), "standby")
    error_message = "The estimate counts a standby responder that is not there."
  }
}

run "keys_with_and_without_a_value" {
  command = plan
  variables {
    environment      = "prod"
    api_key_required = true
    api_keys_version = 2
  }

  assert {
    condition     = output.api_keys_secret_arn != null && output.api_keys_version == 2 && aws_secretsmanager_secret.api_keys[0].recovery_window_in_days == 30
    error_message = jsonencode(aws_secretsmanager_secret.api_keys)
  }

  assert {
    condition     = output.estimated_monthly_cost_by_type["standby"].min > 2 * 3.7 && output.estimated_monthly_cost_by_type["secrets"].min == 0.4
    error_message = "Production has two responders, and a secret to pay for."
  }
}

run "a_page_of_ones_own_domain" {
  command = plan
  variables {
    certificate_arn      = "arn:aws:acm:us-east-1:123456789012:certificate/12345678-1234-1234-1234-123456789abc"
    alb_server_name      = "api.example.com"
    domain_name          = "api.example.com"
    demo_domain_name     = "demo.example.com"
    demo_certificate_arn = "arn:aws:acm:us-east-1:123456789012:certificate/12345678-1234-1234-1234-123456789abc"
  }

  assert {
    condition     = output.demo_url == "https://demo.example.com" && output.api_endpoint == "https://api.example.com"
    error_message = jsonencode([output.demo_url, output.api_endpoint])
  }

  assert {
    condition     = local.cors_origin == "https://demo.example.com"
    error_message = local.cors_origin
  }
}

# Feature: llm-inference-service, Property 5: the way in leads by the VPC link and the load balancer to the hosts, and there is no other
run "who_may_talk_to_whom" {
  command = plan
  variables {
    api_key_required = true
  }

  assert {
    condition     = toset([for rule in values(local.ingress) : "${rule.from} to ${rule.group}: ${rule.port}"]) == toset(["vpclink to alb: 80", "alb to gpu: 8000"])
    error_message = jsonencode(local.ingress)
  }

  # What is admitted is also let out on the other side: in a VPC both have to say so.
  assert {
    condition     = toset([for rule in values(local.ingress) : "${rule.from} to ${rule.group}: ${rule.port}"]) == toset([for rule in values(local.egress) : "${rule.group} to ${rule.to_group}: ${rule.port}" if can(rule.to_group)])
    error_message = jsonencode(local.egress)
  }

  # Without a value nobody is let in: an empty secret would be no list of keys, and hosts would keep what they had.
  assert {
    condition     = aws_secretsmanager_secret_version.api_keys[0].secret_string_wo_version == var.api_keys_version && aws_secretsmanager_secret_version.api_keys[0].secret_string == null
    error_message = "the secret has no version, or stands in the state"
  }
}
