# What an operator is told. The alarms that scale the fleet lie with it.

locals {
  # p99 of few requests is their slowest. It counts all the same: told to ignore few, CloudWatch leaves the alarm as it is below 1,000 requests, which is more
  # than a host serves in that time.
  # Missing data is "breaching" only where silence itself is the fault.
  alarms = {
    gpu-metric-missing = {
      description = "No host reports GPU utilisation: without it the fleet does not scale."
      namespace   = "LLMInference", metric = "GPUUtilization", dimensions = local.fleet_dimensions
      statistic   = "SampleCount", extended = null, low_samples = null
      comparison  = "LessThanThreshold", threshold = 1, period = 60, periods = 5, missing = "breaching"
    }
    high-latency-p99 = {
      description = "The slowest percent of requests takes longer than ${var.thresholds.latency_p99_ms} ms."
      namespace   = "LLMInference", metric = "RequestLatency", dimensions = local.gateway_dimensions
      statistic   = null, extended = "p99", low_samples = "evaluate"
      comparison  = "GreaterThanThreshold", threshold = var.thresholds.latency_p99_ms, period = 60, periods = 2, missing = "notBreaching"
    }
    # Not the number of unhealthy hosts: the standby responder is always one.
    no-healthy-host = {
      description = "No GPU host is healthy: the standby responder refuses every request."
      namespace   = "AWS/ApplicationELB", metric = "HealthyHostCount"
      dimensions  = { LoadBalancer = var.alb_arn_suffix, TargetGroup = var.target_group_arn_suffix }
      statistic   = "Maximum", extended = null, low_samples = null
      comparison  = "LessThanThreshold", threshold = 1, period = 60, periods = 1, missing = "breaching"
    }
    "5xx-rate" = {
      description = "More than ${var.thresholds.error_rate * 100} % of answers have a 5xx status."
      namespace   = "AWS/ApiGateway", metric = "5XXError", dimensions = { ApiName = var.api_name, Stage = var.stage_name }
      statistic   = "Average", extended = null, low_samples = null
      comparison  = "GreaterThanThreshold", threshold = var.thresholds.error_rate, period = 60, periods = 3, missing = "notBreaching"
    }
    engine-ready-slow = {
      description = "A host needed more than ${var.thresholds.engine_ready_seconds} s to load the model."
      namespace   = "LLMInference", metric = "EngineReadySeconds", dimensions = local.gateway_dimensions
      statistic   = "Maximum", extended = null, low_samples = null
      comparison  = "GreaterThanThreshold", threshold = var.thresholds.engine_ready_seconds, period = 60, periods = 1, missing = "notBreaching"
    }
    # Only an input of at-max: tells nobody.
    all-instances = {
      description = "The fleet has as many instances as it may have."
      namespace   = "AWS/AutoScaling", metric = "GroupInServiceInstances", dimensions = local.fleet_dimensions
      statistic   = "Minimum", extended = null, low_samples = null
      comparison  = "GreaterThanOrEqualToThreshold", threshold = var.max_instances, period = 60, periods = 1, missing = "notBreaching"
    }
  }
}

locals {
  # Named as the expression names them.
  run_rate_metrics = {
    instances = { namespace = "AWS/AutoScaling", name = "GroupInServiceInstances", dimensions = local.fleet_dimensions, stat = "Average" }
    requests  = { namespace = "LLMInference", name = "RequestCount", dimensions = local.gateway_dimensions, stat = "Sum" }
  }
}

resource "aws_cloudwatch_metric_alarm" "this" {
  for_each = local.alarms

  alarm_name                            = "${var.name}-${each.key}"
  alarm_description                     = each.value.description
  namespace                             = each.value.namespace
  metric_name                           = each.value.metric
  dimensions                            = each.value.dimensions
  statistic                             = each.value.statistic
  extended_statistic                    = each.value.extended
  evaluate_low_sample_count_percentiles = each.value.low_samples
  comparison_operator                   = each.value.comparison
  threshold                             = each.value.threshold
  period                                = each.value.period
  evaluation_periods                    = each.value.periods
  datapoints_to_alarm                   = each.value.periods
  treat_missing_data                    = each.value.missing
  alarm_actions                         = each.key == "all-instances" ? [] : [local.topic_arn]
  ok_actions                            = each.key == "all-instances" ? [] : [local.topic_arn]
  tags                                  = { Name = "${var.name}-${each.key}" }
}

resource "aws_cloudwatch_composite_alarm" "at_max" {
  alarm_name        = "${var.name}-at-max"
  alarm_description = "All ${var.max_instances} instances run and the GPUs are still busy: raise max_instances, or expect waiting."
  alarm_rule        = "ALARM(\"${aws_cloudwatch_metric_alarm.this["all-instances"].alarm_name}\") AND ALARM(\"${var.scale_out_alarm_name}\")"
  alarm_actions     = [local.topic_arn]
  ok_actions        = [local.topic_arn]
  tags              = { Name = "${var.name}-at-max" }
}

resource "aws_cloudwatch_metric_alarm" "run_rate" {
  count = var.budget_usd_month == null ? 0 : 1

  alarm_name          = "${var.name}-run-rate"
  alarm_description   = "EstimatedCost of the last three hours, gone on for a month of 730 hours, is more than ${var.budget_usd_month} US dollars."
  comparison_operator = "GreaterThanThreshold"
  threshold           = var.budget_usd_month
  evaluation_periods  = 3
  datapoints_to_alarm = 3
  treat_missing_data  = "notBreaching"
  alarm_actions       = [local.topic_arn]
  ok_actions          = [local.topic_arn]

  metric_query {
    id          = "rate"
    label       = "EstimatedCost a month"
    expression  = "730 * (${local.cost_expression})"
    return_data = true
  }

  dynamic "metric_query" {
    for_each = local.run_rate_metrics

    content {
      id = metric_query.key

      metric {
        namespace   = metric_query.value.namespace
        metric_name = metric_query.value.name
        dimensions  = metric_query.value.dimensions
        stat        = metric_query.value.stat
        period      = 3600
      }
    }
  }

  tags = { Name = "${var.name}-run-rate" }
}
