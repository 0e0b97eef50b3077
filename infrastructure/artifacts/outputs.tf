output "bucket" {
  description = "Bucket of the weights: the topology's artifacts.bucket."
  value       = aws_s3_bucket.this.id
}

output "repository_urls" {
  description = "Repositories of the two images, by gateway and engine."
  value       = { for name, repository in aws_ecr_repository.this : name => repository.repository_url }
}

output "project_names" {
  description = "CodeBuild projects, by stage and image."
  value       = { for name, project in aws_codebuild_project.this : name => project.name }
}

output "log_group_names" {
  description = "Log groups of the builds, by stage and image."
  value       = { for name, group in aws_cloudwatch_log_group.build : name => group.name }
}

output "source_key" {
  description = "Where the archive of a checkout is put for the build image: git archive --format=zip."
  value       = local.source_key
}

output "weights_key" {
  description = "Folder of the weights in the bucket; its manifest.sha256 is written last."
  value       = local.weights_key
}

output "staged_keys" {
  description = "What the builds write when they are done: JSON with what a topology is given."
  value       = { weights = "staged/weights.json", engine = "staged/engine.json", gateway = "staged/gateway.json" }
}
