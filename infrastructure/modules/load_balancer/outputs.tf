output "alb_arn" {
  description = "ARN of the load balancer, once it listens."
  value       = aws_lb.this.arn
  depends_on  = [aws_lb_listener.this]
}

output "alb_arn_suffix" {
  description = "Part of the ARN that CloudWatch knows the load balancer by."
  value       = aws_lb.this.arn_suffix
}

output "alb_dns_name" {
  description = "Name that resolves inside the VPC."
  value       = aws_lb.this.dns_name
}

output "alb_name" {
  description = "Name of the load balancer."
  value       = aws_lb.this.name
}

output "target_group_arn" {
  description = "ARN of the target group, once the load balancer uses it: before that a host in it is not checked."
  value       = aws_lb_target_group.this.arn
  depends_on  = [aws_lb_listener.this]
}

output "target_group_arn_suffix" {
  description = "Part of the ARN that CloudWatch knows the target group by."
  value       = aws_lb_target_group.this.arn_suffix
}

output "target_group_name" {
  description = "Name of the target group."
  value       = aws_lb_target_group.this.name
}

output "listener_arn" {
  description = "ARN of the only listener."
  value       = aws_lb_listener.this.arn
}
