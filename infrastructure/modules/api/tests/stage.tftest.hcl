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

# Requirement 5: 100 requests a minute by address, then 429.
run "the_rate_limit" {
  assert {
    condition = (
      one(one(aws_wafv2_web_acl.this.rule).statement).rate_based_statement[0].limit == 100 &&
      one(one(aws_wafv2_web_acl.this.rule).statement).rate_based_statement[0].evaluation_window_sec == 60 &&
      one(one(aws_wafv2_web_acl.this.rule).statement).rate_based_statement[0].aggregate_key_type == "IP"
    )
    error_message = jsonencode(aws_wafv2_web_acl.this.rule)
  }

  assert {
    condition = jsondecode(one(aws_wafv2_web_acl.this.custom_response_body).content) == {
      error = { code = "rate_limit_exceeded", message = "Rate limit of 100 requests per minute exceeded", retry_after = 30 }
    }
    error_message = one(aws_wafv2_web_acl.this.custom_response_body).content
  }

  assert {
    condition = (
      one(one(aws_wafv2_web_acl.this.rule).action).block[0].custom_response[0].response_code == 429 &&
      one(one(aws_wafv2_web_acl.this.rule).action).block[0].custom_response[0].custom_response_body_key == one(aws_wafv2_web_acl.this.custom_response_body).key &&
      { for header in one(one(aws_wafv2_web_acl.this.rule).action).block[0].custom_response[0].response_header : header.name => header.value } == {
        Retry-After                   = "30"
        Access-Control-Allow-Origin   = "https://d111111abcdef8.cloudfront.net"
        Access-Control-Expose-Headers = "Retry-After"
      }
    )
    error_message = jsonencode(one(aws_wafv2_web_acl.this.rule).action)
  }

  assert {
    condition     = one(one(aws_wafv2_web_acl.this.rule).statement).rate_based_statement[0].scope_down_statement[0].not_statement[0].statement[0].byte_match_statement[0].search_string == "OPTIONS"
    error_message = "a preflight is refused, which hides the 429 from the page"
  }

  assert {
    condition     = aws_wafv2_web_acl.this.scope == "REGIONAL" && aws_wafv2_web_acl_association.this.resource_arn == output.stage_arn && aws_wafv2_web_acl_association.this.web_acl_arn == output.web_acl_arn
    error_message = "the firewall guards something else"
  }

  assert {
    condition     = toset(flatten(aws_wafv2_web_acl_logging_configuration.this.redacted_fields[*].single_header[*].name)) == toset(["authorization", "x-api-key"])
    error_message = "the firewall's log holds keys"
  }

  assert {
    condition     = one(aws_wafv2_web_acl.this.rule).visibility_config[0].sampled_requests_enabled == false && aws_wafv2_web_acl.this.visibility_config[0].sampled_requests_enabled == false
    error_message = "samples show keys"
  }
}

run "another_limit" {
  command = plan

  variables {
    rate_limit_per_ip = 10
    throttle          = { rate = 5 }
  }

  assert {
    condition     = one(one(aws_wafv2_web_acl.this.rule).statement).rate_based_statement[0].limit == 10 && strcontains(one(aws_wafv2_web_acl.this.custom_response_body).content, "Rate limit of 10 requests")
    error_message = one(aws_wafv2_web_acl.this.custom_response_body).content
  }

  assert {
    condition     = aws_api_gateway_method_settings.this.settings[0].throttling_rate_limit == 5 && aws_api_gateway_method_settings.this.settings[0].throttling_burst_limit == 100
    error_message = jsonencode(aws_api_gateway_method_settings.this.settings)
  }
}

run "the_stage" {
  assert {
    condition = (
      aws_api_gateway_method_settings.this.method_path == "*/*" &&
      { for key in ["metrics_enabled", "logging_level", "data_trace_enabled", "throttling_rate_limit", "throttling_burst_limit"] : key => aws_api_gateway_method_settings.this.settings[0][key] } == {
        metrics_enabled        = false
        logging_level          = "ERROR"
        data_trace_enabled     = false
        throttling_rate_limit  = 50
        throttling_burst_limit = 100
      }
    )
    error_message = jsonencode(aws_api_gateway_method_settings.this.settings)
  }

  assert {
    condition     = jsondecode(aws_api_gateway_stage.this.access_log_settings[0].format).wafStatus == "$context.waf.status" && !strcontains(lower(aws_api_gateway_stage.this.access_log_settings[0].format), "authorization")
    error_message = aws_api_gateway_stage.this.access_log_settings[0].format
  }

  assert {
    condition     = aws_api_gateway_rest_api.this.endpoint_configuration[0].types == tolist(["REGIONAL"]) && aws_api_gateway_rest_api.this.put_rest_api_mode == "overwrite" && aws_api_gateway_rest_api.this.fail_on_warnings == true
    error_message = "the document is imported otherwise"
  }

  # Feature: llm-inference-service, Property 2: All names and tags include the environment.
  assert {
    condition = alltrue([for name in [
      aws_apigatewayv2_vpc_link.this.name, aws_api_gateway_rest_api.this.name, aws_wafv2_web_acl.this.name, aws_api_gateway_stage.this.stage_name,
      aws_cloudwatch_log_group.access.name, aws_cloudwatch_log_group.execution.name, aws_cloudwatch_log_group.waf.name,
      aws_apigatewayv2_vpc_link.this.tags.Name, aws_api_gateway_rest_api.this.tags.Name, aws_api_gateway_stage.this.tags.Name, aws_wafv2_web_acl.this.tags.Name,
      aws_cloudwatch_log_group.access.tags.Name, aws_cloudwatch_log_group.execution.tags.Name, aws_cloudwatch_log_group.waf.tags.Name,
    ] : strcontains(name, "dev")])
    error_message = "a name does not say which environment"
  }

  assert {
    condition     = output.access_log_group_name == "/llm/llm-dev-gpu/api-access" && aws_cloudwatch_log_group.waf.name == "aws-waf-logs-llm-dev-gpu" && endswith(aws_cloudwatch_log_group.execution.name, "/dev")
    error_message = jsonencode([output.access_log_group_name, aws_cloudwatch_log_group.waf.name])
  }

  assert {
    condition     = alltrue([for group in [aws_cloudwatch_log_group.access, aws_cloudwatch_log_group.execution, aws_cloudwatch_log_group.waf] : group.retention_in_days == 30])
    error_message = "a log is kept otherwise"
  }

  assert {
    condition     = output.api_endpoint == "https://abc123.execute-api.us-east-1.amazonaws.com/dev" && output.domain_target == null && length(aws_route53_record.this) == 0
    error_message = output.api_endpoint
  }
}

run "another_group_makes_another_link" {
  command = plan

  variables {
    security_group_id = "sg-0123456789abcdef1"
  }

  assert {
    condition     = aws_apigatewayv2_vpc_link.this.name == "llm-dev-gpu-${substr(sha256("subnet-0123456789abcdef0,subnet-0123456789abcdef1,sg-0123456789abcdef1"), 0, 8)}"
    error_message = aws_apigatewayv2_vpc_link.this.name
  }
}

run "a_domain_with_its_record" {
  variables {
    custom_domain = {
      name            = "api.example.com"
      certificate_arn = "arn:aws:acm:us-east-1:123456789012:certificate/12345678-1234-1234-1234-123456789012"
      hosted_zone_id  = "Z0123456789ABC"
    }
  }

  assert {
    condition     = output.api_endpoint == "https://api.example.com" && aws_api_gateway_domain_name.this[0].security_policy == "TLS_1_2" && aws_api_gateway_domain_name.this[0].endpoint_configuration[0].types == tolist(["REGIONAL"])
    error_message = output.api_endpoint
  }

  assert {
    condition     = aws_api_gateway_base_path_mapping.this[0].stage_name == "dev" && aws_api_gateway_base_path_mapping.this[0].base_path == null
    error_message = "the domain leads to another stage or below a path"
  }

  assert {
    condition     = aws_route53_record.this[0].zone_id == "Z0123456789ABC" && aws_route53_record.this[0].alias[0].name == output.domain_target
    error_message = "the record points elsewhere"
  }

  assert {
    condition     = aws_route53_record.this[0].alias[0].zone_id == aws_api_gateway_domain_name.this[0].regional_zone_id && aws_api_gateway_domain_name.this[0].regional_certificate_arn == var.custom_domain.certificate_arn
    error_message = "the record's target lies in AWS's own zone, and the name has its certificate"
  }
}

run "a_domain_whose_record_lies_elsewhere" {
  command = plan

  variables {
    custom_domain = {
      name            = "api.example.com"
      certificate_arn = "arn:aws:acm:us-east-1:123456789012:certificate/12345678-1234-1234-1234-123456789012"
    }
  }

  assert {
    condition     = length(aws_api_gateway_domain_name.this) == 1 && length(aws_route53_record.this) == 0
    error_message = "a record is written into a zone that was not given"
  }
}

# A firewall that refuses all, or counts nothing, has its rule all the same.
run "the_firewall_lets_all_others_through_and_tells_whom_it_refused" {
  assert {
    condition     = length(aws_wafv2_web_acl.this.default_action[0].allow) == 1 && length(aws_wafv2_web_acl.this.default_action[0].block) == 0
    error_message = jsonencode(aws_wafv2_web_acl.this.default_action)
  }

  # Only the method itself: a path or a header with the word in it would get around the limit.
  assert {
    condition = alltrue([for statement in one(one(aws_wafv2_web_acl.this.rule).statement).rate_based_statement[0].scope_down_statement[0].not_statement[0].statement : (
      statement.byte_match_statement[0].positional_constraint == "EXACTLY" && length(statement.byte_match_statement[0].field_to_match[0].method) == 1
      && length(statement.byte_match_statement[0].field_to_match[0].uri_path) == 0
    )])
    error_message = "what is not counted can be chosen by who sends it"
  }

  assert {
    condition     = alltrue([for config in [one(aws_wafv2_web_acl.this.rule).visibility_config[0], aws_wafv2_web_acl.this.visibility_config[0]] : config.cloudwatch_metrics_enabled])
    error_message = "nobody sees how many were refused"
  }

  assert {
    condition = (
      one(aws_wafv2_web_acl_logging_configuration.this.logging_filter).default_behavior == "DROP"
      && [for filter in one(aws_wafv2_web_acl_logging_configuration.this.logging_filter).filter : filter.behavior] == ["KEEP"]
      && [for filter in one(aws_wafv2_web_acl_logging_configuration.this.logging_filter).filter : one(filter.condition).action_condition[0].action] == ["BLOCK"]
    )
    error_message = "the firewall's log has more, or something else, than what was refused"
  }
}

run "the_link_and_the_log_of_requests" {
  assert {
    condition     = aws_apigatewayv2_vpc_link.this.subnet_ids == toset(var.subnet_ids) && aws_apigatewayv2_vpc_link.this.security_group_ids == toset([var.security_group_id])
    error_message = jsonencode(aws_apigatewayv2_vpc_link.this)
  }

  # By these a person finds out who was slow: the API or what lies behind it. The path itself could hold quotes, and the line would be no JSON.
  assert {
    condition = (
      length(setsubtract(
        ["$context.requestId", "$context.identity.sourceIp", "$context.status", "$context.responseLatency", "$context.integrationLatency", "$context.integration.status", "$context.resourcePath"],
        values(jsondecode(aws_api_gateway_stage.this.access_log_settings[0].format)),
      )) == 0 && !contains(values(jsondecode(aws_api_gateway_stage.this.access_log_settings[0].format)), "$context.path")
    )
    error_message = aws_api_gateway_stage.this.access_log_settings[0].format
  }
}
