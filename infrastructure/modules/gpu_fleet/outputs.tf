output "asg_name" {
  description = "Name of the Auto Scaling group; a literal, so it does not wait for the group."
  value       = local.asg_name
}

output "asg_arn" {
  description = "ARN of the Auto Scaling group."
  value       = aws_autoscaling_group.this.arn
}

output "launch_template_id" {
  description = "ID of the hosts' launch template."
  value       = aws_launch_template.this.id
}

output "role_arn" {
  description = "ARN of the role that the hosts run as."
  value       = aws_iam_role.host.arn
}

output "role_name" {
  description = "Name of the role that the hosts run as."
  value       = aws_iam_role.host.name
}

output "scale_out_alarm_name" {
  description = "Name of the alarm that adds instances."
  value       = aws_cloudwatch_metric_alarm.gpu_high.alarm_name
}

output "scale_out_alarm_arn" {
  description = "ARN of the alarm that adds instances."
  value       = aws_cloudwatch_metric_alarm.gpu_high.arn
}

output "billed" {
  description = "What CloudWatch bills for scaling: alarms, and the custom metrics that they look at, each with its dimensions."
  value = {
    alarms         = 2 + (var.scaling.queue_depth == null ? 0 : 1)
    custom_metrics = concat(["GPUUtilization AutoScalingGroupName"], var.scaling.queue_depth == null ? [] : ["QueueDepth AutoScalingGroupName Environment"])
  }
}
