output "demo_url" {
  description = "Where the page is, without a slash at its end: also the origin that the API must allow."
  value       = "https://${var.custom_domain == null ? aws_cloudfront_distribution.this.domain_name : var.custom_domain.name}"
}

output "distribution_domain" {
  description = "The distribution's own name, which a custom domain's CNAME or alias points at."
  value       = aws_cloudfront_distribution.this.domain_name
}

output "cloudfront_distribution_id" {
  description = "ID of the distribution."
  value       = aws_cloudfront_distribution.this.id
}

output "bucket_name" {
  description = "Bucket of the pages."
  value       = aws_s3_bucket.this.id
}

output "config_key" {
  description = "Object in the bucket that tells the page where its API is."
  value       = aws_s3_object.config.key
}
