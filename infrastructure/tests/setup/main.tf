# What the tests that cross modules share: values that stand for an account and for what was staged in it.

terraform {
  required_version = ">= 1.11.0"
}

output "artifacts" {
  description = "Staged weights and images of no account."
  value = {
    bucket         = "llm-dev-gpu-artifacts-123456789012-us-east-1"
    engine_image   = "123456789012.dkr.ecr.us-east-1.amazonaws.com/llm-dev-gpu/engine@sha256:${local.digest}"
    gateway_image  = "123456789012.dkr.ecr.us-east-1.amazonaws.com/llm-dev-gpu/gateway@sha256:${local.digest}"
    weights_key    = "weights/microsoft--Phi-3-mini-4k-instruct@0123456789abcdef"
    weights_sha256 = local.digest
  }
}

output "zones" {
  description = "Zones by how many: 2, 3 or 4."
  value       = { for count in [2, 3, 4] : count => [for letter in slice(["a", "b", "c", "d"], 0, count) : "us-east-1${letter}"] }
}

output "certificate_arn" {
  description = "A certificate of the region."
  value       = "arn:aws:acm:us-east-1:123456789012:certificate/12345678-1234-1234-1234-123456789abc"
}

output "pages" {
  description = "Folder of the demo's pages, seen from where the tests run."
  value       = "tests/setup/pages"
}

locals {
  digest = sha256("staged")
}
