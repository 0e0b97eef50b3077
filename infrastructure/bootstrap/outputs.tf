output "state_bucket" {
  description = "Bucket of every state."
  value       = aws_s3_bucket.state.bucket
}

output "lock_table" {
  description = "DynamoDB table of the locks."
  value       = aws_dynamodb_table.lock.name
}

output "kms_key_arn" {
  description = "Key of the states and of the lock table."
  value       = aws_kms_key.state.arn
}

output "region" {
  description = "Region of the state."
  value       = var.aws_region
}

output "plan_role_arn" {
  description = "Role of pull requests, which plan; null without github."
  value       = one([for role, made in aws_iam_role.github : made.arn if role == "plan"])
}

output "deploy_role_arns" {
  description = "Roles that deploy, by environment; empty without github."
  value       = { for environment in local.environments : environment => aws_iam_role.github["deploy-${environment}"].arn }
}

output "permissions_boundary_arns" {
  description = "The boundaries that every role of the services must carry, by environment: permissions_boundary_arn of the other roots."
  value       = { for environment, policy in aws_iam_policy.boundary : environment => policy.arn }
}

output "api_gateway_logging_role_arn" {
  description = "Role by which API Gateway writes logs; null if another stack has set it."
  value       = one(aws_iam_role.api_gateway_logs[*].arn)
}

output "backend_config" {
  description = "Backend of this root once its bucket exists; other roots use the same with their own key, <root>/<environment>.tfstate."
  value       = <<-EOT
    terraform {
      backend "s3" {
        bucket         = "${aws_s3_bucket.state.bucket}"
        key            = "bootstrap.tfstate"
        region         = "${var.aws_region}"
        encrypt        = true
        kms_key_id     = "${aws_kms_key.state.arn}"
        dynamodb_table = "${aws_dynamodb_table.lock.name}"
        use_lockfile   = true
      }
    }
  EOT
}
