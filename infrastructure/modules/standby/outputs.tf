output "asg_name" {
  description = "Name of the responder's Auto Scaling group."
  value       = aws_autoscaling_group.this.name
}

output "role_arn" {
  description = "ARN of the role that the responder runs as."
  value       = aws_iam_role.this.arn
}
