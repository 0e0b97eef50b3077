output "dashboard_name" {
  description = "Name of the dashboard."
  value       = aws_cloudwatch_dashboard.this.dashboard_name
}

output "dashboard_url" {
  description = "The dashboard in the console."
  value       = "https://${var.aws_region}.console.aws.amazon.com/cloudwatch/home?region=${var.aws_region}#dashboards/dashboard/${aws_cloudwatch_dashboard.this.dashboard_name}"
}

output "topic_arn" {
  description = "Topic that hears of alarms and of failed launches."
  value       = local.topic_arn
}

output "log_groups" {
  description = "Log groups of the gateway, the engine and the host: { name, arn } each."
  value       = { for key, group in aws_cloudwatch_log_group.this : key => { name = group.name, arn = group.arn } }
}

output "metric_retention_note" {
  description = "How long metrics can be asked for."
  value       = "CloudWatch keeps metrics at one-minute resolution for 15 days, at five minutes for 63 days and at one hour for 455 days. Requests in full detail are in the log group /llm/${var.name}/gateway for ${var.retention_days} days."
}

output "billed" {
  description = "What CloudWatch bills for all of it: metrics that alarms look at, composite alarms, dashboards, log groups, and the custom metrics that the alarms name."
  value = {
    alarms           = length(local.alarms) + (var.budget_usd_month == null ? 0 : length(local.run_rate_metrics))
    composite_alarms = 1
    dashboards       = 1
    log_groups       = length(local.log_groups)
    custom_metrics = distinct(concat(
      [for alarm in values(local.alarms) : join(" ", concat([alarm.metric], sort(keys(alarm.dimensions)))) if alarm.namespace == "LLMInference"],
      var.budget_usd_month == null ? [] : [for metric in values(local.run_rate_metrics) : join(" ", concat([metric.name], sort(keys(metric.dimensions)))) if metric.namespace == "LLMInference"],
    ))
  }
}
