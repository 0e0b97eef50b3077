# One setting for an account and region: without it, API Gateway refuses to write access and execution logs of any REST API.
resource "aws_iam_role" "api_gateway_logs" {
  count = var.create_api_gateway_account ? 1 : 0

  name        = "${var.name}-api-gateway-logs-${var.aws_region}"
  path        = local.path
  description = "API Gateway writes its logs to CloudWatch"

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Action    = "sts:AssumeRole"
      Principal = { Service = "apigateway.amazonaws.com" }
    }]
  })
}

resource "aws_iam_role_policy_attachment" "api_gateway_logs" {
  count = var.create_api_gateway_account ? 1 : 0

  role       = aws_iam_role.api_gateway_logs[0].name
  policy_arn = "arn:aws:iam::aws:policy/service-role/AmazonAPIGatewayPushToCloudWatchLogs"
}

resource "aws_api_gateway_account" "this" {
  count = var.create_api_gateway_account ? 1 : 0

  cloudwatch_role_arn = aws_iam_role.api_gateway_logs[0].arn

  # API Gateway tries the role at once.
  depends_on = [aws_iam_role_policy_attachment.api_gateway_logs]
}
