mock_provider "aws" {
  mock_resource "aws_cloudwatch_log_group" {
    defaults = { arn = "arn:aws:logs:us-east-1:123456789012:log-group:x" }
  }
  mock_resource "aws_iam_role" {
    defaults = { arn = "arn:aws:iam::123456789012:role/llm/x" }
  }
}

run "setup" {
  module {
    source = "./tests/setup"
  }
}

run "verify_vpc_dns_enabled" {
  command = plan
  module {
    source = "./modules/networking"
  }
  variables {
    name               = "llm-dev-gpu"
    environment        = "dev"
    aws_region         = "us-east-1"
    availability_zones = run.setup.zones[2]
  }

  assert {
    condition     = aws_vpc.this.enable_dns_support == true
    error_message = "VPC must have DNS support enabled"
  }

  assert {
    condition     = aws_vpc.this.enable_dns_hostnames == true
    error_message = "VPC must have DNS hostnames enabled"
  }
}

# Feature: llm-inference-service, Property 4: for any list of availability zones with length >= 2, subnets are distributed across all of them
run "two_zones" {
  command = plan
  module {
    source = "./modules/networking"
  }
  variables {
    name               = "llm-dev-gpu"
    environment        = "dev"
    aws_region         = "us-east-1"
    availability_zones = run.setup.zones[2]
  }

  assert {
    condition     = toset(values(aws_subnet.private)[*].availability_zone) == toset(["us-east-1a", "us-east-1b"]) && toset(values(aws_subnet.public)[*].availability_zone) == toset(["us-east-1a", "us-east-1b"])
    error_message = jsonencode({ private = values(aws_subnet.private)[*].availability_zone, public = values(aws_subnet.public)[*].availability_zone })
  }
}

# Feature: llm-inference-service, Property 4: for any list of availability zones with length >= 2, subnets are distributed across all of them
run "four_zones" {
  command = plan
  module {
    source = "./modules/networking"
  }
  variables {
    name               = "llm-prod-gpu"
    environment        = "prod"
    aws_region         = "us-east-1"
    availability_zones = run.setup.zones[4]
  }

  assert {
    condition     = toset(values(aws_subnet.private)[*].availability_zone) == toset(var.availability_zones) && length(aws_subnet.private) == 4 && length(aws_subnet.public) == 4
    error_message = jsonencode(values(aws_subnet.private)[*].availability_zone)
  }

  assert {
    condition     = length(distinct(concat(values(aws_subnet.private)[*].cidr_block, values(aws_subnet.public)[*].cidr_block))) == 8
    error_message = "Two subnets have one range."
  }
}

run "one_zone_is_refused" {
  command = plan
  module {
    source = "./modules/networking"
  }
  variables {
    name               = "llm-dev-gpu"
    environment        = "dev"
    aws_region         = "us-east-1"
    availability_zones = ["us-east-1a"]
  }

  expect_failures = [var.availability_zones]
}
