# Out by steps, in by a simple policy: a step policy keeps answering alarms while a scaling activity runs, so scaling in by one could
# remove a host a minute, while a simple policy waits for its cooldown. Target tracking cannot express these numbers.

locals {
  # From here on, two instances are added at once.
  surge_threshold = min(var.scaling.scale_up_threshold + 20, 100)
  gpu_metric = {
    namespace  = "LLMInference"
    name       = "GPUUtilization"
    dimensions = { AutoScalingGroupName = local.asg_name }
  }
}

resource "aws_autoscaling_policy" "out" {
  name                      = "${var.name}-scale-out"
  autoscaling_group_name    = aws_autoscaling_group.this.name
  policy_type               = "StepScaling"
  adjustment_type           = "ChangeInCapacity"
  metric_aggregation_type   = "Average"
  estimated_instance_warmup = var.scaling.warmup_seconds

  step_adjustment {
    scaling_adjustment          = 1
    metric_interval_lower_bound = 0
    metric_interval_upper_bound = local.surge_threshold - var.scaling.scale_up_threshold
  }

  step_adjustment {
    scaling_adjustment          = 2
    metric_interval_lower_bound = local.surge_threshold - var.scaling.scale_up_threshold
  }
}

resource "aws_autoscaling_policy" "in" {
  name                   = "${var.name}-scale-in"
  autoscaling_group_name = aws_autoscaling_group.this.name
  policy_type            = "SimpleScaling"
  adjustment_type        = "ChangeInCapacity"
  scaling_adjustment     = -1
  cooldown               = 600
}

resource "aws_cloudwatch_metric_alarm" "gpu_high" {
  alarm_name          = "${var.name}-gpu-high"
  alarm_description   = "GPU utilisation above ${var.scaling.scale_up_threshold} % for 3 minutes: adds instances."
  namespace           = local.gpu_metric.namespace
  metric_name         = local.gpu_metric.name
  dimensions          = local.gpu_metric.dimensions
  statistic           = "Average"
  period              = 60
  evaluation_periods  = 3
  datapoints_to_alarm = 3
  comparison_operator = "GreaterThanThreshold"
  threshold           = var.scaling.scale_up_threshold
  treat_missing_data  = "notBreaching"
  alarm_actions       = [aws_autoscaling_policy.out.arn]
  tags                = { Name = "${var.name}-gpu-high" }
}

resource "aws_cloudwatch_metric_alarm" "gpu_low" {
  alarm_name          = "${var.name}-gpu-low"
  alarm_description   = "GPU utilisation below ${var.scaling.scale_down_threshold} % for 10 minutes: removes an instance, down to ${local.min_size}."
  namespace           = local.gpu_metric.namespace
  metric_name         = local.gpu_metric.name
  dimensions          = local.gpu_metric.dimensions
  statistic           = "Average"
  period              = 60
  evaluation_periods  = 10
  datapoints_to_alarm = 10
  comparison_operator = "LessThanThreshold"
  threshold           = var.scaling.scale_down_threshold
  treat_missing_data  = "notBreaching"
  alarm_actions       = [aws_autoscaling_policy.in.arn]
  tags                = { Name = "${var.name}-gpu-low" }
}

# A GPU that is never idle says little about how long requests wait; this policy looks at them.
resource "aws_autoscaling_policy" "queue" {
  count = var.scaling.queue_depth == null ? 0 : 1

  name                      = "${var.name}-scale-out-queue"
  autoscaling_group_name    = aws_autoscaling_group.this.name
  policy_type               = "StepScaling"
  adjustment_type           = "ChangeInCapacity"
  metric_aggregation_type   = "Average"
  estimated_instance_warmup = var.scaling.warmup_seconds

  step_adjustment {
    scaling_adjustment          = 1
    metric_interval_lower_bound = 0
  }
}

resource "aws_cloudwatch_metric_alarm" "queue" {
  count = var.scaling.queue_depth == null ? 0 : 1

  alarm_name          = "${var.name}-queue-deep"
  alarm_description   = "More than ${var.scaling.queue_depth} requests wait at an instance for 3 minutes: adds one."
  namespace           = "LLMInference"
  metric_name         = "QueueDepth"
  dimensions          = { Environment = var.environment, AutoScalingGroupName = local.asg_name }
  statistic           = "Average"
  period              = 60
  evaluation_periods  = 3
  datapoints_to_alarm = 3
  comparison_operator = "GreaterThanThreshold"
  threshold           = var.scaling.queue_depth
  treat_missing_data  = "notBreaching"
  alarm_actions       = [aws_autoscaling_policy.queue[0].arn]
  tags                = { Name = "${var.name}-queue-deep" }
}
