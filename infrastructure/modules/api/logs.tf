locals {
  # Strings all: a value that is absent is written as a dash. The route's pattern and not the path that was sent, which could hold quotes.
  access_log = {
    requestId            = "$context.requestId"
    time                 = "$context.requestTimeEpoch"
    ip                   = "$context.identity.sourceIp"
    method               = "$context.httpMethod"
    route                = "$context.resourcePath"
    status               = "$context.status"
    responseBytes        = "$context.responseLength"
    latencyMs            = "$context.responseLatency"
    integrationLatencyMs = "$context.integrationLatency"
    integrationStatus    = "$context.integration.status"
    wafStatus            = "$context.waf.status"
    errorType            = "$context.error.responseType"
  }
}

resource "aws_cloudwatch_log_group" "access" {
  #checkov:skip=CKV_AWS_158:CloudWatch encrypts at rest with its own key; the log has addresses and timings, no content
  #checkov:skip=CKV_AWS_338:how long is the operator's choice; the requirements ask for 30 days
  name              = "/llm/${var.name}/api-access"
  retention_in_days = var.log_retention_days

  tags = { Name = "${var.name}-api-access" }
}

# API Gateway dictates the name.
resource "aws_cloudwatch_log_group" "execution" {
  #checkov:skip=CKV_AWS_158:CloudWatch encrypts at rest with its own key; only errors are logged, without bodies
  #checkov:skip=CKV_AWS_338:how long is the operator's choice; the requirements ask for 30 days
  name              = "API-Gateway-Execution-Logs_${aws_api_gateway_rest_api.this.id}/${var.environment}"
  retention_in_days = var.log_retention_days

  tags = { Name = "${var.name}-api-execution" }
}

# AWS WAF takes only names that begin so.
resource "aws_cloudwatch_log_group" "waf" {
  #checkov:skip=CKV_AWS_158:CloudWatch encrypts at rest with its own key; keys are redacted before they are written
  #checkov:skip=CKV_AWS_338:how long is the operator's choice; the requirements ask for 30 days
  name              = "aws-waf-logs-${var.name}"
  retention_in_days = var.log_retention_days

  tags = { Name = "aws-waf-logs-${var.name}" }
}
