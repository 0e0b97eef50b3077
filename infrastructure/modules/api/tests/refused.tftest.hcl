mock_provider "aws" {
  mock_resource "aws_api_gateway_stage" {
    defaults = {
      arn        = "arn:aws:apigateway:us-east-1::/restapis/abc123/stages/dev"
      invoke_url = "https://abc123.execute-api.us-east-1.amazonaws.com/dev"
    }
  }
  mock_resource "aws_apigatewayv2_vpc_link" {
    defaults = { id = "link12" }
  }
  mock_resource "aws_cloudwatch_log_group" {
    defaults = { arn = "arn:aws:logs:us-east-1:123456789012:log-group:x" }
  }
  mock_resource "aws_wafv2_web_acl" {
    defaults = { arn = "arn:aws:wafv2:us-east-1:123456789012:regional/webacl/x/a1b2" }
  }
}

variables {
  name              = "llm-dev-gpu"
  environment       = "dev"
  aws_region        = "us-east-1"
  alb_arn           = "arn:aws:elasticloadbalancing:us-east-1:123456789012:loadbalancer/app/x/50dc6c495c0c9188"
  alb_dns_name      = "x-1.us-east-1.elb.amazonaws.com"
  subnet_ids        = ["subnet-0123456789abcdef0", "subnet-0123456789abcdef1"]
  security_group_id = "sg-0123456789abcdef0"
  cors_origin       = "https://d111111abcdef8.cloudfront.net"
}

# Each run breaks one rule of each variable that it names, and all of them must be refused.
run "what_is_misspelt" {
  command = plan

  variables {
    name               = "llm-Dev-gpu"
    alb_arn            = "arn:aws:elasticloadbalancing:us-east-1:123456789012:loadbalancer/net/x/50dc6c495c0c9188"
    alb_dns_name       = "http://x"
    alb_server_name    = "llm"
    subnet_ids         = ["subnet-0123456789abcdef0"]
    security_group_id  = ""
    cors_origin        = "https://example.com/"
    rate_limit_per_ip  = 9
    throttle           = { rate = 0 }
    log_retention_days = 0
    custom_domain      = { name = "API", certificate_arn = "arn:aws:acm:us-east-1:123456789012:certificate/12345678-1234-1234-1234-123456789012" }
  }

  expect_failures = [
    var.name,
    var.alb_arn,
    var.alb_dns_name,
    var.alb_server_name,
    var.subnet_ids,
    var.security_group_id,
    var.cors_origin,
    var.rate_limit_per_ip,
    var.throttle,
    var.log_retention_days,
    var.custom_domain,
  ]
}

run "what_is_elsewhere" {
  command = plan

  variables {
    name              = "llm-prod-gpu"
    cors_origin       = "'*'"
    rate_limit_per_ip = 10.5
    throttle          = { burst = 0.5 }
    custom_domain     = { name = "api.example.com", certificate_arn = "arn:aws:acm:eu-west-1:123456789012:certificate/12345678-1234-1234-1234-123456789012" }
  }

  expect_failures = [var.name, var.cors_origin, var.rate_limit_per_ip, var.throttle, var.custom_domain]
}

run "what_is_too_much" {
  command = plan

  variables {
    throttle = { rate = 10001 }
    custom_domain = {
      name            = "api.example.com"
      certificate_arn = "arn:aws:acm:us-east-1:123456789012:certificate/12345678-1234-1234-1234-123456789012"
      hosted_zone_id  = "example.com."
    }
  }

  expect_failures = [var.throttle, var.custom_domain]
}

run "an_environment_and_a_region_that_are_none" {
  command = plan

  variables {
    name        = "llm-test-gpu"
    environment = "test"
    aws_region  = "Virginia"
  }

  expect_failures = [var.environment, var.aws_region]
}
