# Where the hosts write, and who hears of trouble. Alarms are in alarms.tf, the dashboard in dashboard.tf.

locals {
  log_groups = toset(["gateway", "engine", "host"])
  topic_arn  = var.sns_topic_arn != "" ? var.sns_topic_arn : aws_sns_topic.this[0].arn
  topic_name = "${var.name}-alarms"
  rule_name  = "${var.name}-launch-failed"

  # Each deployment's own metrics, also where two of one environment share an account.
  gateway_dimensions = { Environment = var.environment, AutoScalingGroupName = var.asg_name }
  fleet_dimensions   = { AutoScalingGroupName = var.asg_name }
}

resource "aws_cloudwatch_log_group" "this" {
  #checkov:skip=CKV_AWS_158:CloudWatch Logs encrypts with its own key; an own one is a choice (kms_key_arn).
  #checkov:skip=CKV_AWS_338:The requirements keep 30 days.
  for_each = local.log_groups

  name              = "/llm/${var.name}/${each.key}"
  retention_in_days = var.retention_days
  kms_key_id        = var.kms_key_arn == "" ? null : var.kms_key_arn
  tags              = { Name = "${var.name}-${each.key}" }
}

resource "aws_sns_topic" "this" {
  #checkov:skip=CKV_AWS_26:Alarms cannot publish to a topic under the key that AWS manages for SNS; an own key is a choice (kms_key_arn).
  count = var.sns_topic_arn == "" ? 1 : 0

  name              = local.topic_name
  display_name      = var.name
  kms_master_key_id = var.kms_key_arn == "" ? null : var.kms_key_arn
  tags              = { Name = local.topic_name }
}

resource "aws_sns_topic_policy" "this" {
  count = var.sns_topic_arn == "" ? 1 : 0

  arn = aws_sns_topic.this[0].arn

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid       = "Alarms"
        Effect    = "Allow"
        Principal = { Service = "cloudwatch.amazonaws.com" }
        Action    = "sns:Publish"
        Resource  = aws_sns_topic.this[0].arn
        Condition = { ArnLike = { "aws:SourceArn" = "arn:aws:cloudwatch:${var.aws_region}:${var.account_id}:alarm:${var.name}-*" } }
      },
      {
        # Without a condition: EventBridge gives none of what conditions look at when it publishes, so one would never hold.
        Sid       = "FailedLaunches"
        Effect    = "Allow"
        Principal = { Service = "events.amazonaws.com" }
        Action    = "sns:Publish"
        Resource  = aws_sns_topic.this[0].arn
      },
    ]
  })
}

resource "aws_sns_topic_subscription" "email" {
  count = var.sns_topic_arn == "" && var.alarm_email != "" ? 1 : 0

  topic_arn = aws_sns_topic.this[0].arn
  protocol  = "email"
  endpoint  = var.alarm_email
}

# The group retries by itself; an operator must hear of missing capacity or quota.
resource "aws_cloudwatch_event_rule" "launch_failed" {
  name        = local.rule_name
  description = "An instance of ${var.asg_name} could not be launched"

  event_pattern = jsonencode({
    source      = ["aws.autoscaling"]
    detail-type = ["EC2 Instance Launch Unsuccessful"]
    detail      = { AutoScalingGroupName = [var.asg_name] }
  })

  tags = { Name = local.rule_name }
}

resource "aws_cloudwatch_event_target" "launch_failed" {
  rule      = aws_cloudwatch_event_rule.launch_failed.name
  target_id = "topic"
  arn       = local.topic_arn

  input_transformer {
    input_paths = {
      group = "$.detail.AutoScalingGroupName"
      why   = "$.detail.StatusMessage"
    }
    input_template = "\"An instance of <group> could not be launched: <why>\""
  }

  depends_on = [aws_sns_topic_policy.this]
}
