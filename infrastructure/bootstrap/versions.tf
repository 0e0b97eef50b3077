terraform {
  required_version = ">= 1.11.0"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 5.100.0, < 7.0.0"
    }
  }

  # No backend: the first apply makes the bucket that its state is then moved into. README.md says how.
}

provider "aws" {
  region              = var.aws_region
  allowed_account_ids = [var.account_id]

  default_tags {
    tags = merge(var.tags, {
      Project   = var.name
      Topology  = "bootstrap"
      ManagedBy = "opentofu"
    })
  }
}
