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

# Feature: llm-inference-service, Property 5: ingress from 0.0.0.0/0 is on port 443 at most; all other comes from the VPC or from groups
run "nothing_is_open_without_tls" {
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
    condition     = alltrue([for rule in values(aws_vpc_security_group_ingress_rule.this) : rule.cidr_ipv4 == null && rule.cidr_ipv6 == null && rule.prefix_list_id == null])
    error_message = "Only groups are admitted."
  }

  assert {
    condition     = { for key, rule in aws_vpc_security_group_ingress_rule.this : key => [rule.from_port, rule.to_port, rule.ip_protocol] } == { alb_from_vpclink = [80, 80, "tcp"], gpu_from_alb = [8000, 8000, "tcp"] }
    error_message = jsonencode(aws_vpc_security_group_ingress_rule.this)
  }
}

# Feature: llm-inference-service, Property 5: ingress from 0.0.0.0/0 is on port 443 at most; all other comes from the VPC or from groups
run "nothing_is_open_with_tls_and_nat" {
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
    egress_mode          = "nat"
    certificate_arn      = run.setup.certificate_arn
    alb_server_name      = "llm.example.com"
  }

  assert {
    condition     = alltrue([for rule in values(aws_vpc_security_group_ingress_rule.this) : rule.cidr_ipv4 == null && rule.cidr_ipv6 == null && rule.prefix_list_id == null])
    error_message = "Only groups are admitted."
  }

  assert {
    condition     = aws_vpc_security_group_ingress_rule.this["alb_from_vpclink"].from_port == 443
    error_message = "With a certificate the load balancer speaks HTTPS."
  }

  assert {
    condition     = alltrue([for rule in values(aws_vpc_security_group_egress_rule.this) : rule.cidr_ipv4 == null || rule.from_port == 443])
    error_message = "Hosts reach nothing but HTTPS."
  }
}

# Feature: llm-inference-service, Property 5: ingress from 0.0.0.0/0 is on port 443 at most; all other comes from the VPC or from groups
run "endpoints_admit_the_vpc" {
  command = plan
  module {
    source = "./modules/networking"
  }
  variables {
    name                = "llm-dev-gpu"
    environment         = "dev"
    aws_region          = "us-east-1"
    vpc_cidr            = "10.20.0.0/18"
    availability_zones  = run.setup.zones[2]
    interface_endpoints = ["logs"]
  }

  assert {
    condition     = aws_vpc_security_group_ingress_rule.vpce.cidr_ipv4 == "10.20.0.0/18" && aws_vpc_security_group_ingress_rule.vpce.from_port == 443 && aws_vpc_security_group_ingress_rule.vpce.to_port == 443
    error_message = jsonencode(aws_vpc_security_group_ingress_rule.vpce)
  }

  assert {
    condition     = length(try(aws_default_security_group.this.ingress, [])) == 0 && alltrue([for subnet in concat(values(aws_subnet.public), values(aws_subnet.private)) : subnet.map_public_ip_on_launch == false])
    error_message = "The VPC's default group lets something in, or hosts get public addresses."
  }
}

run "keys_go_in_by_a_write_only_argument" {
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
    api_key_required     = true
    api_keys             = "keys: []"
    api_keys_version     = 3
  }

  assert {
    condition     = aws_secretsmanager_secret_version.api_keys[0].secret_string_wo_version == 3 && length(aws_secretsmanager_secret_version.api_keys) == 1
    error_message = "The secret has no version."
  }

  assert {
    condition     = output.api_keys_secret_arn == "arn:aws:secretsmanager:us-east-1:123456789012:secret:x-AbCdEf" && output.api_keys_version == 3
    error_message = jsonencode(output.api_keys_secret_arn)
  }
}
