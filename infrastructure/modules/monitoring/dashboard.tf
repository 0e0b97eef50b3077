# One page for an operator: what clients feel, what the GPUs do, what it costs, and which alarms stand.

locals {
  # US dollars an hour at list prices. Hours without a request have no such metric; FILL makes them 0.
  # format, because a number such as 5.2e-06 is not one that metric math reads.
  cost_expression = format(
    "instances * %s + %s + FILL(requests, 0) / PERIOD(requests) * 3600 * %s",
    format("%.10f", var.cost_constants.instance_hour), format("%.10f", var.cost_constants.fixed_hour), format("%.10f", var.cost_constants.request),
  )

  # CloudWatch writes a metric as [namespace, name, dimension, value, …, options].
  gateway_metric = { for name in ["RequestLatency", "TimeToFirstToken", "RequestCount", "ErrorCount", "TokensIn", "TokensOut", "QueueDepth", "InFlight"] :
    name => ["LLMInference", name, "Environment", var.environment, "AutoScalingGroupName", var.asg_name]
  }
  fleet_metric = { for name in ["GPUUtilization", "GPUMemoryUsedMiB"] : name => ["LLMInference", name, "AutoScalingGroupName", var.asg_name] }
  group_metric = { for name in ["GroupInServiceInstances", "GroupDesiredCapacity"] : name => ["AWS/AutoScaling", name, "AutoScalingGroupName", var.asg_name] }
  api_metric   = { for name in ["4XXError", "5XXError", "Count"] : name => ["AWS/ApiGateway", name, "ApiName", var.api_name, "Stage", var.stage_name] }

  latency = { for percentile in [50, 95, 99] : "RequestLatencyP${percentile}" => {
    metrics = [concat(local.gateway_metric.RequestLatency, [{ stat = "p${percentile}", label = "RequestLatencyP${percentile}" }])]
    unit    = "ms"
    line    = percentile == 99 ? { label = "alarm", value = var.thresholds.latency_p99_ms } : null
  } }

  # Three in a row.
  graphs = concat(
    [for title in ["RequestLatencyP50", "RequestLatencyP95", "RequestLatencyP99"] : merge({ title = title }, local.latency[title])],
    [
      {
        title = "RequestsPerSecond", unit = "1/s", line = null
        metrics = [
          [{ expression = "FILL(requests, 0) / PERIOD(requests)", label = "RequestsPerSecond", id = "rate" }],
          concat(local.gateway_metric.RequestCount, [{ id = "requests", stat = "Sum", visible = false }]),
        ]
      },
      {
        title = "GPUUtilization", unit = "%", line = null
        metrics = [
          concat(local.fleet_metric.GPUUtilization, [{ stat = "Average", label = "GPUUtilization" }]),
          concat(local.fleet_metric.GPUUtilization, [{ stat = "Maximum", label = "busiest host" }]),
        ]
      },
      {
        title = "ActiveInstances", unit = "instances", line = { label = "limit", value = var.max_instances }
        metrics = [
          concat(local.group_metric.GroupInServiceInstances, [{ stat = "Average", label = "ActiveInstances" }]),
          concat(local.group_metric.GroupDesiredCapacity, [{ stat = "Average", label = "wanted" }]),
        ]
      },
      {
        title = "EstimatedCost", unit = "USD/h", line = null
        metrics = [
          [{ expression = local.cost_expression, label = "EstimatedCost", id = "cost" }],
          concat(local.group_metric.GroupInServiceInstances, [{ id = "instances", stat = "Average", visible = false }]),
          concat(local.gateway_metric.RequestCount, [{ id = "requests", stat = "Sum", visible = false }]),
        ]
      },
      {
        title = "Errors", unit = "answers", line = null
        metrics = [
          concat(local.api_metric["5XXError"], [{ stat = "Sum", label = "5xx to clients" }]),
          concat(local.api_metric["4XXError"], [{ stat = "Sum", label = "4xx to clients" }]),
          concat(local.gateway_metric.ErrorCount, [{ stat = "Sum", label = "errors of the gateway" }]),
        ]
      },
      {
        title = "Refused by WAF (429)", unit = "requests", line = null
        metrics = [
          ["AWS/WAFV2", "BlockedRequests", "WebACL", var.web_acl_name, "Region", var.aws_region, "Rule", "ALL", { stat = "Sum", label = "429" }],
        ]
      },
      {
        title = "Queue", unit = "requests", line = null
        metrics = [
          concat(local.gateway_metric.QueueDepth, [{ stat = "Maximum", label = "waiting, fullest host" }]),
          concat(local.gateway_metric.InFlight, [{ stat = "Average", label = "in flight a host" }]),
        ]
      },
      {
        title = "Tokens", unit = "tokens", line = null
        metrics = [
          concat(local.gateway_metric.TokensIn, [{ stat = "Sum", label = "in" }]),
          concat(local.gateway_metric.TokensOut, [{ stat = "Sum", label = "out" }]),
        ]
      },
      {
        title = "Healthy hosts", unit = "hosts", line = null
        metrics = [
          ["AWS/ApplicationELB", "HealthyHostCount", "TargetGroup", var.target_group_arn_suffix, "LoadBalancer", var.alb_arn_suffix, { stat = "Maximum", label = "healthy" }],
        ]
      },
      {
        title = "Time to first token", unit = "ms", line = null
        metrics = [
          concat(local.gateway_metric.TimeToFirstToken, [{ stat = "p50", label = "p50" }]),
          concat(local.gateway_metric.TimeToFirstToken, [{ stat = "p95", label = "p95" }]),
        ]
      },
      {
        title   = "GPU memory", unit = "MiB", line = null
        metrics = [concat(local.fleet_metric.GPUMemoryUsedMiB, [{ stat = "Maximum", label = "fullest host" }])]
      },
    ],
  )

  # By name and not by their ARNs, so that a plan shows the whole page before anything is made.
  alarm_arns = [for alarm in concat(
    [for key in keys(local.alarms) : "${var.name}-${key}"],
    var.budget_usd_month == null ? [] : ["${var.name}-run-rate"],
    ["${var.name}-at-max", var.scale_out_alarm_name],
  ) : "arn:aws:cloudwatch:${var.aws_region}:${var.account_id}:alarm:${alarm}"]
}

resource "aws_cloudwatch_dashboard" "this" {
  dashboard_name = var.name

  dashboard_body = jsonencode({
    widgets = concat(
      [{
        type       = "alarm", x = 0, y = 0, width = 24, height = 3
        properties = { title = "Alarms", alarms = local.alarm_arns }
      }],
      [for index, graph in local.graphs : {
        type   = "metric"
        x      = index % 3 * 8
        y      = 3 + floor(index / 3) * 6
        width  = 8
        height = 6
        properties = merge(
          {
            title   = graph.title
            region  = var.aws_region
            view    = "timeSeries"
            stacked = false
            period  = 60
            metrics = graph.metrics
            yAxis   = { left = { label = graph.unit, min = 0, showUnits = false } }
          },
          graph.line == null ? {} : { annotations = { horizontal = [graph.line] } },
        )
      }],
    )
  })
}
