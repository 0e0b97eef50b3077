# What the topology refuses: each rule of each variable once. A variable has one fault a run, so those with two rules have two runs.

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

run "what_is_misspelt" {
  command = plan
  variables {
    name                     = "llm--x"
    environment              = "production"
    account_id               = "12345"
    permissions_boundary_arn = "boundary"
    vpc_cidr                 = "10.0.0.0/24"
    egress_mode              = "internet"
    model_name               = "phi-3"
    served_model_name        = "phi 3"
    max_model_len            = 255
    ami_id                   = "ami-x"
    root_volume_gb           = 99
    rate_limit_per_ip        = 9
    request_timeout_ms       = 120000
    api_keys_version         = 0
    cors_allowed_origin      = "https://app.example.com/"
    retention_days           = 7
    sns_topic_arn            = "ops"
    budget_usd_month         = 0
    min_instances            = -1
    scale_down_threshold     = 0
    tags                     = { environment = "dev" }
  }

  expect_failures = [var.name, var.environment, var.account_id, var.permissions_boundary_arn, var.vpc_cidr, var.egress_mode, var.model_name, var.served_model_name, var.max_model_len, var.ami_id, var.root_volume_gb, var.rate_limit_per_ip, var.request_timeout_ms, var.api_keys_version, var.cors_allowed_origin, var.retention_days, var.sns_topic_arn, var.budget_usd_month, var.min_instances, var.scale_down_threshold, var.tags]
}

run "more_hosts_than_a_hundred_and_an_address_that_is_none" {
  command = plan
  variables {
    max_instances = 101
    alarm_email   = "nobody"
    tags          = { team = "ada, grace" }
    name          = "internal-llm"
  }

  expect_failures = [var.max_instances, var.alarm_email, var.tags, var.name]
}

run "a_region_that_is_none" {
  command = plan
  variables {
    aws_region         = "us-east"
    availability_zones = ["us-easta", "us-eastb"]
  }

  expect_failures = [var.aws_region]
}

run "one_zone" {
  command = plan
  variables {
    availability_zones = ["us-east-1a"]
  }

  expect_failures = [var.availability_zones]
}

run "five_zones" {
  command = plan
  variables {
    availability_zones = ["us-east-1a", "us-east-1b", "us-east-1c", "us-east-1d", "us-east-1e"]
  }

  expect_failures = [var.availability_zones]
}

run "one_zone_twice" {
  command = plan
  variables {
    availability_zones = ["us-east-1a", "us-east-1a"]
  }

  expect_failures = [var.availability_zones]
}

run "zones_of_another_region" {
  command = plan
  variables {
    availability_zones = ["eu-west-1a", "eu-west-1b"]
  }

  expect_failures = [var.availability_zones]
}

run "a_range_that_does_not_begin_at_its_first_address" {
  command = plan
  variables {
    vpc_cidr = "10.0.0.1/16"
  }

  expect_failures = [var.vpc_cidr]
}

run "an_image_by_its_tag" {
  command = plan
  variables {
    artifacts = {
      bucket         = "llm-dev-gpu-artifacts"
      engine_image   = "123456789012.dkr.ecr.us-east-1.amazonaws.com/llm-dev-gpu/engine:latest"
      gateway_image  = "123456789012.dkr.ecr.us-east-1.amazonaws.com/llm-dev-gpu/gateway@sha256:0000000000000000000000000000000000000000000000000000000000000000"
      weights_key    = "weights/x"
      weights_sha256 = "0000000000000000000000000000000000000000000000000000000000000000"
    }
  }

  expect_failures = [var.artifacts]
}

run "weights_that_are_not_staged" {
  command = plan
  variables {
    artifacts = {
      bucket         = "llm-dev-gpu-artifacts"
      engine_image   = "123456789012.dkr.ecr.us-east-1.amazonaws.com/llm-dev-gpu/engine@sha256:0000000000000000000000000000000000000000000000000000000000000000"
      gateway_image  = "123456789012.dkr.ecr.us-east-1.amazonaws.com/llm-dev-gpu/gateway@sha256:0000000000000000000000000000000000000000000000000000000000000000"
      weights_key    = "x"
      weights_sha256 = "0000000000000000000000000000000000000000000000000000000000000000"
    }
  }

  expect_failures = [var.artifacts]
}

run "more_hosts_at_least_than_at_most" {
  command = plan
  variables {
    min_instances = 5
    max_instances = 4
  }

  expect_failures = [var.max_instances]
}

run "thresholds_the_wrong_way_round" {
  command = plan
  variables {
    scale_up_threshold   = 30
    scale_down_threshold = 40
  }

  expect_failures = [var.scale_up_threshold]
}

run "a_certificate_that_is_none" {
  command = plan
  variables {
    certificate_arn = "arn:aws:acm:us-east-1:123456789012:certificate/x"
    alb_server_name = "llm.example.com"
  }

  expect_failures = [var.certificate_arn]
}

run "a_certificate_of_another_region" {
  command = plan
  variables {
    certificate_arn = "arn:aws:acm:eu-west-1:123456789012:certificate/12345678-1234-1234-1234-123456789abc"
    alb_server_name = "llm.example.com"
  }

  expect_failures = [var.certificate_arn]
}

run "a_certificate_without_a_name_to_check" {
  command = plan
  variables {
    certificate_arn = "arn:aws:acm:us-east-1:123456789012:certificate/12345678-1234-1234-1234-123456789abc"
  }

  expect_failures = [var.alb_server_name]
}

run "a_domain_without_a_certificate" {
  command = plan
  variables {
    domain_name = "api.example.com"
  }

  expect_failures = [var.domain_name]
}

run "a_zone_without_a_domain" {
  command = plan
  variables {
    hosted_zone_id = "Z0123456789ABC"
  }

  expect_failures = [var.hosted_zone_id]
}

run "a_demo_domain_without_a_certificate" {
  command = plan
  variables {
    demo_domain_name = "demo.example.com"
  }

  expect_failures = [var.demo_certificate_arn]
}

run "a_demo_certificate_of_another_region" {
  command = plan
  variables {
    demo_domain_name     = "demo.example.com"
    demo_certificate_arn = "arn:aws:acm:eu-west-1:123456789012:certificate/12345678-1234-1234-1234-123456789abc"
  }

  expect_failures = [var.demo_certificate_arn]
}

run "an_address_for_somebody_elses_topic" {
  command = plan
  variables {
    alarm_email   = "ops@example.com"
    sns_topic_arn = "arn:aws:sns:us-east-1:123456789012:ops"
  }

  expect_failures = [var.alarm_email]
}

run "hosts_without_the_right_gpu" {
  command = plan
  variables {
    instance_type           = "g6.xlarge"
    fallback_instance_types = ["p3.2xlarge"]
  }

  expect_failures = [var.fallback_instance_types]
}

run "what_the_fleet_cannot_do" {
  command = plan
  variables {
    scale_up_queue_depth      = 0
    spot                      = { on_demand_percentage = 101 }
    wait_for_capacity_timeout = "soon"
  }

  expect_failures = [var.scale_up_queue_depth, var.spot, var.wait_for_capacity_timeout]
}

run "a_warm_pool_of_two_types" {
  command = plan
  variables {
    warm_pool = { min_size = 1 }
  }

  expect_failures = [var.warm_pool]
}

run "names_that_are_addresses" {
  command = plan
  variables {
    certificate_arn      = "arn:aws:acm:us-east-1:123456789012:certificate/12345678-1234-1234-1234-123456789abc"
    alb_server_name      = "https://llm.example.com"
    domain_name          = "API.example.com"
    demo_domain_name     = "https://demo.example.com"
    demo_certificate_arn = "arn:aws:acm:us-east-1:123456789012:certificate/12345678-1234-1234-1234-123456789abc"
  }

  expect_failures = [var.alb_server_name, var.domain_name, var.demo_domain_name]
}
