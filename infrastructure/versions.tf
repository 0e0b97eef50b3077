# Lets `tofu init -backend=false`, `tofu validate` and `tofu test` run in this folder; the tests name the module they are about.
terraform {
  required_version = ">= 1.11.0"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 5.100.0, < 7.0.0"
    }
  }
}
