output "api_endpoint" {
  description = "What callers put before /v1/completions and /health, without a slash at the end: the custom domain, or AWS's name and the stage."
  value       = var.custom_domain == null ? aws_api_gateway_stage.this.invoke_url : "https://${aws_api_gateway_base_path_mapping.this[0].domain_name}"
}

output "api_id" {
  description = "ID of the REST API."
  value       = aws_api_gateway_rest_api.this.id
}

output "api_name" {
  description = "Name of the REST API: the dimension ApiName of its metrics."
  value       = aws_api_gateway_rest_api.this.name
}

output "stage_name" {
  description = "Name of the stage: the dimension Stage of its metrics."
  value       = aws_api_gateway_stage.this.stage_name
}

output "stage_arn" {
  description = "ARN of the stage."
  value       = aws_api_gateway_stage.this.arn
}

output "web_acl_arn" {
  description = "ARN of the firewall."
  value       = aws_wafv2_web_acl.this.arn
}

output "web_acl_name" {
  description = "Name of the firewall, and the dimension WebACL of its metrics."
  value       = aws_wafv2_web_acl.this.name
}

output "vpc_link_id" {
  description = "ID of the VPC link."
  value       = aws_apigatewayv2_vpc_link.this.id
}

output "access_log_group_name" {
  description = "Log group with a line of JSON for each request."
  value       = aws_cloudwatch_log_group.access.name
}

output "domain_target" {
  description = "Where a DNS record of the custom domain has to point: its name for a CNAME. null without a custom domain."
  value       = one(aws_api_gateway_domain_name.this[*].regional_domain_name)
}
