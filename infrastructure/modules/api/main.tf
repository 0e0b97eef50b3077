# Its subnets and groups cannot change: AWS makes a new one. The name follows them, so that old and new can stand side by side while the
# API moves over.
resource "aws_apigatewayv2_vpc_link" "this" {
  name               = "${var.name}-${substr(sha256(join(",", concat(sort(var.subnet_ids), [var.security_group_id]))), 0, 8)}"
  subnet_ids         = var.subnet_ids
  security_group_ids = [var.security_group_id]

  tags = { Name = var.name }

  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_api_gateway_rest_api" "this" {
  name        = var.name
  description = "OpenAI-compatible inference, ${var.environment}"
  body        = jsonencode(local.openapi)

  put_rest_api_mode = "overwrite"

  # What the import does not understand must not be dropped in silence: without integrationTarget or STREAM the API looks fine and is not.
  fail_on_warnings = true

  endpoint_configuration {
    types = ["REGIONAL"]
  }

  tags = { Name = var.name }

  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_api_gateway_deployment" "this" {
  rest_api_id = aws_api_gateway_rest_api.this.id
  triggers    = { body = sha256(aws_api_gateway_rest_api.this.body) }

  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_api_gateway_stage" "this" {
  #checkov:skip=CKV_AWS_73:tracing is the operator's choice; the access log has both latencies of every request
  #checkov:skip=CKV2_AWS_4:errors are logged; it also asks for metrics by method, which are billed one by one and which nobody reads
  #checkov:skip=CKV_AWS_120:answers of a model are never cached, and streams cannot be
  #checkov:skip=CKV2_AWS_51:the load balancer cannot check a client certificate; it lets in nothing but the VPC link's group
  #checkov:skip=CKV2_AWS_77:the rule looks for Log4j strings in bodies, where a prompt may hold them; nothing behind is Java
  rest_api_id          = aws_api_gateway_rest_api.this.id
  deployment_id        = aws_api_gateway_deployment.this.id
  stage_name           = var.environment
  variables            = { vpcLinkId = aws_apigatewayv2_vpc_link.this.id }
  xray_tracing_enabled = var.tracing

  access_log_settings {
    destination_arn = aws_cloudwatch_log_group.access.arn
    format          = jsonencode(local.access_log)
  }

  tags = { Name = "${var.name}-${var.environment}" }

  # Else API Gateway makes this group itself, and its lines are kept for ever.
  depends_on = [aws_cloudwatch_log_group.execution]
}

resource "aws_api_gateway_method_settings" "this" {
  #checkov:skip=CKV_AWS_225:answers of a model are never cached, and streams cannot be
  rest_api_id = aws_api_gateway_rest_api.this.id
  stage_name  = aws_api_gateway_stage.this.stage_name
  method_path = "*/*"

  settings {
    metrics_enabled        = false # by method, each billed; those of the whole stage, which the alarms watch, are there without
    logging_level          = "ERROR"
    data_trace_enabled     = false # would log whole prompts and keys
    throttling_rate_limit  = var.throttle.rate
    throttling_burst_limit = var.throttle.burst
  }
}
