output "api_endpoint" {
  description = "Base URL of the API, without a trailing slash: clients add /v1/…"
  value       = module.api.api_endpoint
}

output "api_id" {
  description = "Id of the REST API."
  value       = module.api.api_id
}

output "api_domain_target" {
  description = "Name that domain_name's DNS record must point to; null without one."
  value       = module.api.domain_target
}

output "demo_url" {
  description = "URL of the demo page; null without one."
  value       = one(module.demo[*].demo_url)
}

output "cloudfront_distribution_id" {
  description = "Id of the demo's distribution; null without one."
  value       = one(module.demo[*].cloudfront_distribution_id)
}

output "vpc_id" {
  description = "Id of the VPC."
  value       = module.networking.vpc_id
}

output "public_subnet_ids" {
  description = "Ids of the public subnets, in the order of the zones."
  value       = module.networking.public_subnet_ids
}

output "private_subnet_ids" {
  description = "Ids of the private subnets, in the order of the zones."
  value       = module.networking.private_subnet_ids
}

output "alb_security_group_id" {
  description = "Id of the load balancer's security group."
  value       = aws_security_group.this["alb"].id
}

output "ec2_security_group_id" {
  description = "Id of the hosts' security group."
  value       = aws_security_group.this["gpu"].id
}

output "alb_dns_name" {
  description = "DNS name of the load balancer, inside the VPC."
  value       = module.load_balancer.alb_dns_name
}

output "alb_arn" {
  description = "ARN of the load balancer."
  value       = module.load_balancer.alb_arn
}

output "target_group_arn" {
  description = "ARN of the target group of all hosts."
  value       = module.load_balancer.target_group_arn
}

output "vpc_link_id" {
  description = "Id of API Gateway's VPC link."
  value       = module.api.vpc_link_id
}

output "web_acl_arn" {
  description = "ARN of the web ACL with the limit per client address."
  value       = module.api.web_acl_arn
}

output "asg_name" {
  description = "Name of the Auto Scaling group of GPU hosts."
  value       = module.gpu_fleet.asg_name
}

output "asg_arn" {
  description = "ARN of the Auto Scaling group of GPU hosts."
  value       = module.gpu_fleet.asg_arn
}

output "standby_asg_name" {
  description = "Name of the standby responder's Auto Scaling group; null without one."
  value       = one(module.standby[*].asg_name)
}

output "dashboard_url" {
  description = "URL of the CloudWatch dashboard."
  value       = module.monitoring.dashboard_url
}

output "log_group_name" {
  description = "Log group of the gateway; those of engine and host lie beside it."
  value       = module.monitoring.log_groups.gateway.name
}

output "alarm_topic_arn" {
  description = "Topic that alarms go to."
  value       = module.monitoring.topic_arn
}

output "metric_retention_note" {
  description = "How long metrics are kept, and where."
  value       = module.monitoring.metric_retention_note
}

output "api_keys_secret_arn" {
  description = "ARN of the secret with hashed API keys; null where no key is needed."
  value       = one(aws_secretsmanager_secret.api_keys[*].arn)
}

output "api_keys_version" {
  description = "Version of the keys that was last written; `sluice deploy --rotate-key` raises it."
  value       = var.api_key_required ? var.api_keys_version : null
}

output "estimated_monthly_cost" {
  description = "US dollars a month at list prices: min, typical, max."
  value       = module.cost.estimated_monthly_cost
}

output "estimated_monthly_cost_by_type" {
  description = "The same by type of resource."
  value       = module.cost.estimated_monthly_cost_by_type
}
