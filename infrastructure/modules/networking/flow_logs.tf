resource "aws_cloudwatch_log_group" "flow" {
  #checkov:skip=CKV_AWS_158:CloudWatch encrypts at rest with its own key; flow records hold addresses and ports, no content
  #checkov:skip=CKV_AWS_338:how long is the operator's choice; the requirements ask for 30 days
  name              = "/llm/${var.name}/flow"
  retention_in_days = var.log_retention_days

  tags = { Name = "${var.name}-flow" }
}

resource "aws_iam_role" "flow" {
  name                 = "${var.name}-flow-logs"
  path                 = "/llm/"
  description          = "Lets VPC flow logs of ${var.name} write to CloudWatch Logs"
  permissions_boundary = var.permissions_boundary_arn == "" ? null : var.permissions_boundary_arn

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { Service = "vpc-flow-logs.amazonaws.com" }
      Action    = "sts:AssumeRole"
      # Without it another account could have the service write here in its name. The VPC knows whose it is; nobody is asked.
      Condition = { StringEquals = { "aws:SourceAccount" = aws_vpc.this.owner_id } }
    }]
  })

  tags = { Name = "${var.name}-flow-logs" }
}

resource "aws_iam_role_policy" "flow" {
  name = "write"
  role = aws_iam_role.flow.id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Effect   = "Allow"
        Action   = ["logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"]
        Resource = [aws_cloudwatch_log_group.flow.arn, "${aws_cloudwatch_log_group.flow.arn}:*"]
      },
      {
        # The service looks its group up in the list of all.
        Effect   = "Allow"
        Action   = "logs:DescribeLogGroups"
        Resource = "*"
      },
    ]
  })
}

resource "aws_flow_log" "this" {
  vpc_id                   = aws_vpc.this.id
  traffic_type             = "ALL"
  log_destination_type     = "cloud-watch-logs"
  log_destination          = aws_cloudwatch_log_group.flow.arn
  iam_role_arn             = aws_iam_role.flow.arn
  max_aggregation_interval = 600 # seconds; a tenth of the records that 60 would bill

  tags = { Name = var.name }

  depends_on = [aws_iam_role_policy.flow]
}
