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

run "waf_refuses_the_101st_request_of_a_minute" {
  command = plan
  module {
    source = "./modules/api"
  }
  variables {
    name              = "llm-dev-gpu"
    environment       = "dev"
    aws_region        = "us-east-1"
    alb_arn           = "arn:aws:elasticloadbalancing:us-east-1:123456789012:loadbalancer/app/x/50dc6c495c0c9188"
    alb_dns_name      = "x-1.us-east-1.elb.amazonaws.com"
    subnet_ids        = ["subnet-0123456789abcdef0", "subnet-0123456789abcdef1"]
    security_group_id = "sg-0123456789abcdef0"
    cors_origin       = "*"
  }

  assert {
    condition = alltrue([for rule in aws_wafv2_web_acl.this.rule :
      rule.statement[0].rate_based_statement[0].limit == 100 && rule.statement[0].rate_based_statement[0].evaluation_window_sec == 60 && rule.statement[0].rate_based_statement[0].aggregate_key_type == "IP"
    ])
    error_message = "The limit is 100 requests of an address in 60 seconds."
  }

  assert {
    condition     = jsondecode(one(aws_wafv2_web_acl.this.custom_response_body).content).error.retry_after == 30 && jsondecode(one(aws_wafv2_web_acl.this.custom_response_body).content).error.code == "rate_limit_exceeded"
    error_message = one(aws_wafv2_web_acl.this.custom_response_body).content
  }

  assert {
    condition     = aws_wafv2_web_acl_association.this.resource_arn == aws_api_gateway_stage.this.arn
    error_message = "The stage is not behind the firewall."
  }
}

run "the_api_without_a_domain" {
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
    condition     = output.api_endpoint == "https://abc123.execute-api.us-east-1.amazonaws.com/dev" && output.api_domain_target == null
    error_message = output.api_endpoint
  }
}

run "the_api_with_a_domain" {
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
    certificate_arn      = run.setup.certificate_arn
    alb_server_name      = "api.example.com"
    domain_name          = "api.example.com"
    hosted_zone_id       = "Z0123456789ABC"
  }

  assert {
    condition     = output.api_endpoint == "https://api.example.com" && output.api_domain_target != null
    error_message = output.api_endpoint
  }
}
