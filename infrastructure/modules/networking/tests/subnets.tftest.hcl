# Feature: llm-inference-service, Property 4: For any list of two or more availability zones, subnets are distributed across all of them.

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

run "two_zones" {
  command = plan

  assert {
    condition = (
      toset([for subnet in aws_subnet.public : subnet.availability_zone]) == toset(var.availability_zones) &&
      toset([for subnet in aws_subnet.private : subnet.availability_zone]) == toset(var.availability_zones) &&
      length(aws_subnet.database) == 0
    )
    error_message = jsonencode([keys(aws_subnet.public), keys(aws_subnet.private), keys(aws_subnet.database)])
  }

  assert {
    condition = (
      aws_subnet.private["us-east-1a"].cidr_block == "10.0.0.0/19" && aws_subnet.public["us-east-1a"].cidr_block == "10.0.32.0/20" &&
      aws_subnet.private["us-east-1b"].cidr_block == "10.0.64.0/19" && aws_subnet.public["us-east-1b"].cidr_block == "10.0.96.0/20"
    )
    error_message = jsonencode([for subnet in merge(aws_subnet.private, aws_subnet.public) : subnet.cidr_block])
  }

  # Written out, because a mock shows what the provider would default to as null.
  assert {
    condition     = aws_vpc.this.enable_dns_support == true && aws_vpc.this.enable_dns_hostnames == true && aws_vpc.this.cidr_block == "10.0.0.0/16"
    error_message = "the endpoints' private names need both DNS switches"
  }

  assert {
    condition     = alltrue([for subnet in concat(values(aws_subnet.public), values(aws_subnet.private)) : subnet.map_public_ip_on_launch == false])
    error_message = "a subnet hands out public addresses"
  }

  assert {
    condition     = length(output.public_subnet_ids) == 2 && length(output.private_subnet_ids) == 2 && length(output.private_route_table_ids) == 2 && output.database_subnet_ids == []
    error_message = "the outputs do not have one of each for each zone"
  }
}

run "a_third_zone_and_databases_move_nothing" {
  command = plan

  variables {
    availability_zones = ["us-east-1a", "us-east-1b", "us-east-1c"]
    database_subnets   = true
  }

  assert {
    condition     = [for zone in var.availability_zones : aws_subnet.private[zone].cidr_block] == ["10.0.0.0/19", "10.0.64.0/19", "10.0.128.0/19"]
    error_message = jsonencode([for subnet in aws_subnet.private : subnet.cidr_block])
  }

  assert {
    condition     = [for zone in var.availability_zones : aws_subnet.public[zone].cidr_block] == ["10.0.32.0/20", "10.0.96.0/20", "10.0.160.0/20"]
    error_message = jsonencode([for subnet in aws_subnet.public : subnet.cidr_block])
  }

  assert {
    condition     = [for zone in var.availability_zones : aws_subnet.database[zone].cidr_block] == ["10.0.48.0/22", "10.0.112.0/22", "10.0.176.0/22"]
    error_message = jsonencode([for subnet in aws_subnet.database : subnet.cidr_block])
  }

  assert {
    condition     = length(aws_route_table_association.database) == 3 && length(output.database_subnet_ids) == 3
    error_message = "a database subnet uses the main route table"
  }
}

run "four_zones_fill_the_smallest_network" {
  command = plan

  variables {
    vpc_cidr           = "172.16.252.0/22"
    availability_zones = ["us-east-1d", "us-east-1b", "us-east-1a", "us-east-1f"]
    database_subnets   = true
  }

  # Twelve ranges that do not meet: none begins where another does, and each lies in its zone's quarter.
  assert {
    condition = alltrue([for index, zone in var.availability_zones : alltrue([
      aws_subnet.private[zone].cidr_block == "172.16.${252 + index}.0/25",
      aws_subnet.public[zone].cidr_block == "172.16.${252 + index}.128/26",
      aws_subnet.database[zone].cidr_block == "172.16.${252 + index}.192/28",
    ])])
    error_message = jsonencode([for subnet in merge(aws_subnet.private, aws_subnet.public) : subnet.cidr_block])
  }

  assert {
    condition     = alltrue([for subnet in concat(values(aws_subnet.public), values(aws_subnet.private), values(aws_subnet.database)) : strcontains(subnet.tags.Name, subnet.availability_zone)])
    error_message = "a subnet's name is that of another zone"
  }
}
