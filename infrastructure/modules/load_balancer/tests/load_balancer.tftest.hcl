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
  mock_resource "aws_lb_listener" {
    defaults = { arn = "arn:aws:elasticloadbalancing:us-east-1:123456789012:listener/app/x/50dc6c495c0c9188/f2f7dc8efc522ab2" }
  }
}

variables {
  name              = "llm-dev-gpu"
  environment       = "dev"
  vpc_id            = "vpc-0123456789abcdef0"
  subnet_ids        = ["subnet-0123456789abcdef0", "subnet-0123456789abcdef1"]
  security_group_id = "sg-0123456789abcdef0"
}

# Feature: llm-inference-service, Property 5: nothing outside the VPC reaches the load balancer.
run "without_a_certificate" {
  assert {
    condition     = aws_lb.this.internal == true && aws_lb.this.load_balancer_type == "application"
    error_message = "the load balancer has a public address"
  }

  assert {
    condition     = aws_lb.this.idle_timeout == 120 && aws_lb.this.drop_invalid_header_fields == true && aws_lb.this.enable_deletion_protection == true
    error_message = "the load balancer's own settings differ"
  }

  assert {
    condition     = aws_lb_listener.this.port == 80 && aws_lb_listener.this.protocol == "HTTP" && aws_lb_listener.this.certificate_arn == null
    error_message = jsonencode([aws_lb_listener.this.port, aws_lb_listener.this.protocol])
  }

  assert {
    condition     = length(aws_lb.this.access_logs) == 0 && aws_lb_listener.this.routing_http_response_server_enabled == false
    error_message = "logs are on, or the server's name shows"
  }

  # The design document's numbers.
  assert {
    condition = { for key in ["enabled", "healthy_threshold", "unhealthy_threshold", "timeout", "interval", "path", "port", "protocol", "matcher"] : key => aws_lb_target_group.this.health_check[0][key] } == {
      enabled             = true
      healthy_threshold   = 2
      unhealthy_threshold = 3
      timeout             = 5
      interval            = 30
      path                = "/health"
      port                = "8000"
      protocol            = "HTTP"
      matcher             = "200"
    }
    error_message = jsonencode(aws_lb_target_group.this.health_check)
  }

  assert {
    condition = (
      aws_lb_target_group.this.port == 8000 && aws_lb_target_group.this.protocol == "HTTP" && aws_lb_target_group.this.target_type == "instance" &&
      aws_lb_target_group.this.load_balancing_algorithm_type == "least_outstanding_requests" && aws_lb_target_group.this.deregistration_delay == "60"
    )
    error_message = "requests are spread otherwise"
  }

  assert {
    condition     = aws_lb_target_group.this.target_group_health[0].unhealthy_state_routing[0].minimum_healthy_targets_count == 1
    error_message = "the standby responder is never asked"
  }

  # One host that is healthy suffices, however many are not; more would send requests to those.
  assert {
    condition = (
      aws_lb_target_group.this.target_group_health[0].unhealthy_state_routing[0].minimum_healthy_targets_percentage == "off"
      && aws_lb_target_group.this.target_group_health[0].dns_failover[0].minimum_healthy_targets_count == "1"
      && aws_lb_target_group.this.target_group_health[0].dns_failover[0].minimum_healthy_targets_percentage == "off"
    )
    error_message = jsonencode(aws_lb_target_group.this.target_group_health)
  }

  assert {
    condition     = aws_lb_listener.this.default_action[0].type == "forward" && aws_lb_listener.this.default_action[0].target_group_arn == output.target_group_arn
    error_message = "the listener leads elsewhere"
  }

  # Feature: llm-inference-service, Property 2: All names and tags include the environment.
  assert {
    condition     = output.alb_name == "llm-dev-gpu-alb" && output.target_group_name == "llm-dev-gpu-tg" && alltrue([for tags in [aws_lb.this.tags, aws_lb_target_group.this.tags, aws_lb_listener.this.tags] : startswith(tags.Name, "llm-dev-gpu-")])
    error_message = jsonencode([output.alb_name, output.target_group_name])
  }
}

run "with_a_certificate_and_logs" {
  command = plan

  variables {
    certificate_arn     = "arn:aws:acm:us-east-1:123456789012:certificate/12345678-1234-1234-1234-123456789012"
    deletion_protection = false
    access_logs         = { bucket = "llm-dev-logs" }
  }

  assert {
    condition     = aws_lb_listener.this.port == 443 && aws_lb_listener.this.protocol == "HTTPS" && aws_lb_listener.this.certificate_arn == var.certificate_arn
    error_message = jsonencode([aws_lb_listener.this.port, aws_lb_listener.this.protocol])
  }

  assert {
    condition     = aws_lb_listener.this.ssl_policy == "ELBSecurityPolicy-TLS13-1-2-2021-06"
    error_message = jsonencode(aws_lb_listener.this.ssl_policy)
  }

  assert {
    condition     = aws_lb.this.access_logs[0].enabled == true && aws_lb.this.access_logs[0].bucket == "llm-dev-logs" && aws_lb.this.access_logs[0].prefix == "alb" && aws_lb.this.enable_deletion_protection == false
    error_message = jsonencode(aws_lb.this.access_logs)
  }

  assert {
    condition     = aws_lb.this.internal == true
    error_message = "a certificate made the load balancer public"
  }
}

run "the_longest_name_fits" {
  command = plan

  variables {
    name        = "abcdefghijklmno-staging-gpu"
    environment = "staging"
  }

  assert {
    condition     = length(aws_lb.this.name) <= 32 && length(aws_lb_target_group.this.name) <= 32
    error_message = aws_lb.this.name
  }
}

run "what_is_missing_or_misspelt" {
  command = plan

  variables {
    name              = "llm_dev"
    vpc_id            = ""
    subnet_ids        = ["subnet-0123456789abcdef0"]
    security_group_id = ""
    certificate_arn   = "arn:aws:iam::123456789012:server-certificate/x"
    access_logs       = { bucket = "arn:aws:s3:::logs" }
  }

  expect_failures = [var.name, var.vpc_id, var.subnet_ids, var.security_group_id, var.certificate_arn, var.access_logs]
}

run "what_contradicts_itself" {
  command = plan

  variables {
    name        = "llm-prod-gpu"
    access_logs = { bucket = "llm-dev-logs", prefix = "/alb" }
  }

  expect_failures = [var.name, var.access_logs]
}

run "an_environment_that_is_none" {
  command = plan

  variables {
    name        = "llm-test-gpu"
    environment = "test"
  }

  expect_failures = [var.environment]
}
