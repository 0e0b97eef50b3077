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

# Feature: llm-inference-service, Property 6: the dashboard has widgets for all required metrics
run "the_dashboard_has_every_required_metric" {
  command = plan
  module {
    source = "./modules/monitoring"
  }
  variables {
    name                    = "llm-dev-gpu"
    environment             = "dev"
    aws_region              = "us-east-1"
    account_id              = "123456789012"
    asg_name                = "llm-dev-gpu-fleet"
    scale_out_alarm_name    = "llm-dev-gpu-gpu-high"
    alb_arn_suffix          = "app/x/50dc6c495c0c9188"
    target_group_arn_suffix = "targetgroup/x/50dc6c495c0c9188"
    api_name                = "llm-dev-gpu"
    stage_name              = "dev"
    web_acl_name            = "llm-dev-gpu-api"
    max_instances           = 4
    cost_constants          = { instance_hour = 1.06, fixed_hour = 0.15, request = 0.0000052 }
  }

  assert {
    condition = length(setsubtract(
      ["RequestLatencyP50", "RequestLatencyP95", "RequestLatencyP99", "RequestsPerSecond", "GPUUtilization", "ActiveInstances", "EstimatedCost"],
      [for widget in jsondecode(aws_cloudwatch_dashboard.this.dashboard_body).widgets : widget.properties.title],
    )) == 0
    error_message = jsonencode([for widget in jsondecode(aws_cloudwatch_dashboard.this.dashboard_body).widgets : widget.properties.title])
  }

  assert {
    condition     = alltrue([for group in values(aws_cloudwatch_log_group.this) : group.retention_in_days == 30])
    error_message = "Logs are kept for 30 days unless asked otherwise."
  }
}

# The expression of EstimatedCost has one constant for hosts and one for all that always runs; the standby responder is in the second.
run "estimated_cost_has_the_standby_responder" {
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
  }

  assert {
    condition     = output.estimated_monthly_cost_by_type["standby"].min > 3
    error_message = jsonencode(output.estimated_monthly_cost_by_type)
  }

  assert {
    condition     = output.metric_retention_note != "" && startswith(output.dashboard_url, "https://us-east-1.console.aws.amazon.com/cloudwatch/") && output.log_group_name == "/llm/llm-dev-gpu/gateway"
    error_message = output.dashboard_url
  }
}

run "logs_are_kept_for_30_days_at_least" {
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
    retention_days       = 7
  }

  expect_failures = [var.retention_days]
}
