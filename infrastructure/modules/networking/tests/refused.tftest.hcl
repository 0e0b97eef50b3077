# Each run breaks one rule of each variable that it names, and all of them must be refused.

mock_provider "aws" {
  mock_resource "aws_cloudwatch_log_group" {
    defaults = { arn = "arn:aws:logs:us-east-1:123456789012:log-group:x" }
  }
  mock_resource "aws_iam_role" {
    defaults = { arn = "arn:aws:iam::123456789012:role/llm/x" }
  }
}

variables {
  name               = "llm-dev-gpu"
  environment        = "dev"
  aws_region         = "us-east-1"
  availability_zones = ["us-east-1a", "us-east-1b"]
}

run "what_is_misspelt" {
  command = plan

  variables {
    name                     = "Llm-dev-gpu"
    vpc_cidr                 = "10.0.0.0/23"
    availability_zones       = ["us-east-1a"]
    nat                      = "both"
    interface_endpoints      = ["com.amazonaws.us-east-1.logs"]
    log_retention_days       = 31
    permissions_boundary_arn = "boundary"
  }

  expect_failures = [
    var.name,
    var.vpc_cidr,
    var.availability_zones,
    var.nat,
    var.interface_endpoints,
    var.log_retention_days,
    var.permissions_boundary_arn,
  ]
}

run "what_contradicts_itself" {
  command = plan

  variables {
    name                = "llm-prod-gpu" # of another environment
    vpc_cidr            = "10.0.0.1/16"  # not a network's first address
    availability_zones  = ["us-east-1a", "us-east-1a"]
    interface_endpoints = ["s3"]
  }

  expect_failures = [var.name, var.vpc_cidr, var.availability_zones, var.interface_endpoints]
}

run "what_is_elsewhere" {
  command = plan

  variables {
    vpc_cidr           = "fd00::/16"
    availability_zones = ["us-east-1a", "us-west-2b"]
  }

  expect_failures = [var.vpc_cidr, var.availability_zones]
}

run "what_is_too_much" {
  command = plan

  variables {
    name               = "llm-dev-gpu-aaaaaaaaaaaaaaaa"
    vpc_cidr           = "10.0.0.0/8"
    availability_zones = ["us-east-1a", "us-east-1b", "us-east-1c", "us-east-1d", "us-east-1e"]
  }

  expect_failures = [var.name, var.vpc_cidr, var.availability_zones]
}

run "an_environment_that_is_none" {
  command = plan

  variables {
    name        = "llm-test-gpu"
    environment = "test"
  }

  expect_failures = [var.environment]
}

run "a_region_that_is_none" {
  command = plan

  variables {
    aws_region         = "us-east-1a"
    availability_zones = ["us-east-1aa", "us-east-1ab"]
  }

  expect_failures = [var.aws_region]
}
