terraform {
  required_version = ">= 1.11.0"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 5.100.0, < 7.0.0"
    }
  }

  # Bucket, region, both locks and the key artifacts/<environment>.tfstate come from `sluice stage`, or from -backend-config by hand: README.md.
  backend "s3" {}
}

provider "aws" {
  region              = var.aws_region
  allowed_account_ids = [var.account_id]

  default_tags {
    tags = merge(var.tags, {
      Project     = var.name
      Environment = var.environment
      Topology    = "gpu"
      Deployment  = local.name
      ManagedBy   = "opentofu"
    })
  }
}
