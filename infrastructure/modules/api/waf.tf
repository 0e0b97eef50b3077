# One rule, which counts. AWS's managed groups are left out on purpose: they look for attacks in bodies, and a prompt may quote any of
# them; a blocked question about SQL is an outage to who asked it. The hosts run nothing that those groups protect.
resource "aws_wafv2_web_acl" "this" {
  #checkov:skip=CKV_AWS_192:the rule looks for Log4j strings in bodies, where a prompt may hold them; nothing behind is Java
  name        = "${var.name}-api"
  description = "Coarse limit of requests by address for ${var.name}"
  scope       = "REGIONAL"

  default_action {
    allow {}
  }

  custom_response_body {
    key          = "rate-limit"
    content_type = "APPLICATION_JSON"
    content = jsonencode({ error = {
      code        = "rate_limit_exceeded"
      message     = "Rate limit of ${var.rate_limit_per_ip} requests per minute exceeded"
      retry_after = local.retry_after_seconds
    } })
  }

  # Coarse: AWS counts with a lag of seconds to minutes. The gateway counts exactly, host by host; this bounds what one address can
  # send to all of them, and what reaches them.
  rule {
    name     = "rate-limit-per-ip"
    priority = 1

    action {
      block {
        custom_response {
          response_code            = 429
          custom_response_body_key = "rate-limit"

          dynamic "response_header" {
            for_each = {
              Retry-After                   = tostring(local.retry_after_seconds)
              Access-Control-Allow-Origin   = var.cors_origin
              Access-Control-Expose-Headers = "Retry-After"
            }

            content {
              name  = response_header.key
              value = response_header.value
            }
          }
        }
      }
    }

    statement {
      rate_based_statement {
        limit                 = var.rate_limit_per_ip
        evaluation_window_sec = 60 # the limit is by the minute; AWS's default is five
        aggregate_key_type    = "IP"

        # A preflight that is refused hides the 429 from the page, and none of them reaches a host.
        scope_down_statement {
          not_statement {
            statement {
              byte_match_statement {
                search_string         = "OPTIONS"
                positional_constraint = "EXACTLY"

                field_to_match {
                  method {}
                }

                text_transformation {
                  priority = 0
                  type     = "NONE"
                }
              }
            }
          }
        }
      }
    }

    visibility_config {
      metric_name                = "${var.name}-rate-limit-per-ip"
      cloudwatch_metrics_enabled = true
      sampled_requests_enabled   = false # samples show headers, keys among them
    }
  }

  visibility_config {
    metric_name                = "${var.name}-api"
    cloudwatch_metrics_enabled = true
    sampled_requests_enabled   = false
  }

  tags = { Name = "${var.name}-api" }
}

resource "aws_wafv2_web_acl_association" "this" {
  resource_arn = aws_api_gateway_stage.this.arn
  web_acl_arn  = aws_wafv2_web_acl.this.arn
}

# Only what was blocked: the access log has the rest. AWS adds the policy that lets WAF write to the group.
resource "aws_wafv2_web_acl_logging_configuration" "this" {
  resource_arn            = aws_wafv2_web_acl.this.arn
  log_destination_configs = [aws_cloudwatch_log_group.waf.arn]

  logging_filter {
    default_behavior = "DROP"

    filter {
      behavior    = "KEEP"
      requirement = "MEETS_ANY"

      condition {
        action_condition {
          action = "BLOCK"
        }
      }
    }
  }

  redacted_fields {
    single_header {
      name = "authorization"
    }
  }

  redacted_fields {
    single_header {
      name = "x-api-key"
    }
  }
}
