# Feature: llm-inference-service, Property 5: Ingress from 0.0.0.0/0 only allows port 443; all other ingress is restricted to the VPC or to a security group.

mock_provider "aws" {
  mock_resource "aws_cloudwatch_log_group" {
    defaults = { arn = "arn:aws:logs:us-east-1:123456789012:log-group:x" }
  }
  mock_resource "aws_iam_role" {
    defaults = { arn = "arn:aws:iam::123456789012:role/llm/x" }
  }
  mock_resource "aws_vpc" {
    defaults = { owner_id = "123456789012" }
  }
}

variables {
  name               = "llm-staging-gpu"
  environment        = "staging"
  aws_region         = "eu-central-1"
  availability_zones = ["eu-central-1a", "eu-central-1b", "eu-central-1c"]
}

run "no_way_out" {
  command = plan

  variables {
    interface_endpoints = ["ecr.api", "ecr.dkr", "logs"]
  }

  assert {
    condition     = length(aws_nat_gateway.this) == 0 && length(aws_eip.nat) == 0 && length(aws_route.nat) == 0
    error_message = "hosts get out without being asked to"
  }

  assert {
    condition = (
      aws_vpc_security_group_ingress_rule.vpce.from_port == 443 && aws_vpc_security_group_ingress_rule.vpce.to_port == 443 &&
      aws_vpc_security_group_ingress_rule.vpce.ip_protocol == "tcp" && aws_vpc_security_group_ingress_rule.vpce.cidr_ipv4 == var.vpc_cidr
    )
    error_message = "the endpoints take more than HTTPS from the VPC"
  }

  assert {
    condition     = length(aws_default_security_group.this.ingress) == 0 && length(aws_default_security_group.this.egress) == 0
    error_message = "the default security group has rules"
  }

  assert {
    condition     = aws_vpc_endpoint.s3.vpc_endpoint_type == "Gateway" && aws_vpc_endpoint.s3.service_name == "com.amazonaws.eu-central-1.s3"
    error_message = "S3 is not reached through the gateway endpoint"
  }

  assert {
    condition     = toset([for endpoint in aws_vpc_endpoint.interface : endpoint.service_name]) == toset(["com.amazonaws.eu-central-1.ecr.api", "com.amazonaws.eu-central-1.ecr.dkr", "com.amazonaws.eu-central-1.logs"])
    error_message = jsonencode([for endpoint in aws_vpc_endpoint.interface : endpoint.service_name])
  }

  assert {
    condition     = alltrue([for endpoint in aws_vpc_endpoint.interface : endpoint.private_dns_enabled == true && endpoint.vpc_endpoint_type == "Interface"])
    error_message = "an endpoint is not found by the service's usual name"
  }
}

run "one_nat_gateway_for_all" {
  command = plan

  variables {
    nat              = "single"
    database_subnets = true
  }

  assert {
    condition     = keys(aws_nat_gateway.this) == ["eu-central-1a"] && keys(aws_eip.nat) == ["eu-central-1a"] && aws_eip.nat["eu-central-1a"].domain == "vpc"
    error_message = jsonencode(keys(aws_nat_gateway.this))
  }

  # A database subnet has a table of its own, to which no route is added.
  assert {
    condition     = keys(aws_route.nat) == var.availability_zones && aws_route.internet.destination_cidr_block == "0.0.0.0/0"
    error_message = jsonencode(keys(aws_route.nat))
  }
}

run "a_nat_gateway_for_each_zone" {
  command = plan

  variables {
    nat = "per_zone"
  }

  assert {
    condition     = keys(aws_nat_gateway.this) == var.availability_zones && keys(aws_route.nat) == var.availability_zones && length(aws_route_table.private) == 3
    error_message = jsonencode(keys(aws_nat_gateway.this))
  }
}

# Feature: llm-inference-service, Property 2: All names and tags include the environment.
run "names_and_logs" {
  variables {
    nat                      = "single"
    interface_endpoints      = ["logs"]
    database_subnets         = true
    log_retention_days       = 7
    permissions_boundary_arn = "arn:aws:iam::123456789012:policy/llm/boundary"
  }

  assert {
    condition = alltrue([for name in concat(
      [for resource in concat(values(aws_subnet.public), values(aws_subnet.private), values(aws_subnet.database)) : resource.tags.Name],
      [for resource in concat(values(aws_eip.nat), values(aws_nat_gateway.this), values(aws_route_table.private), aws_route_table.database, values(aws_vpc_endpoint.interface)) : resource.tags.Name],
      [aws_vpc.this.tags.Name, aws_internet_gateway.this.tags.Name, aws_route_table.public.tags.Name, aws_default_security_group.this.tags.Name, aws_vpc_endpoint.s3.tags.Name, aws_flow_log.this.tags.Name],
      [aws_security_group.vpce.name_prefix, aws_security_group.vpce.tags.Name, aws_iam_role.flow.name],
    ) : startswith(name, "llm-staging-gpu")])
    error_message = "a name does not begin with name"
  }

  assert {
    condition     = aws_cloudwatch_log_group.flow.name == "/llm/llm-staging-gpu/flow" && aws_cloudwatch_log_group.flow.retention_in_days == 7
    error_message = aws_cloudwatch_log_group.flow.name
  }

  assert {
    condition     = aws_flow_log.this.traffic_type == "ALL" && aws_flow_log.this.log_destination == aws_cloudwatch_log_group.flow.arn
    error_message = "flow logs miss traffic or go elsewhere"
  }

  assert {
    condition     = aws_iam_role.flow.path == "/llm/" && aws_iam_role.flow.permissions_boundary == "arn:aws:iam::123456789012:policy/llm/boundary"
    error_message = "the role leaves its bounds"
  }

  assert {
    condition     = jsondecode(aws_iam_role.flow.assume_role_policy).Statement[0].Condition.StringEquals["aws:SourceAccount"] == "123456789012"
    error_message = "another account could write through the role"
  }

  assert {
    condition = (
      jsondecode(aws_iam_role.flow.assume_role_policy).Statement[0].Principal == { Service = "vpc-flow-logs.amazonaws.com" }
      && length(setsubtract(["logs:CreateLogStream", "logs:PutLogEvents", "logs:DescribeLogStreams", "logs:DescribeLogGroups"], flatten(jsondecode(aws_iam_role_policy.flow.policy).Statement[*].Action))) == 0
      && contains(flatten(jsondecode(aws_iam_role_policy.flow.policy).Statement[*].Resource), "${aws_cloudwatch_log_group.flow.arn}:*")
    )
    error_message = "the service cannot write into its group: ${aws_iam_role_policy.flow.policy}"
  }

  assert {
    condition = alltrue([for statement in jsondecode(aws_iam_role_policy.flow.policy).Statement :
      statement.Resource != "*" || statement.Action == "logs:DescribeLogGroups"
    ])
    error_message = aws_iam_role_policy.flow.policy
  }
}

run "no_boundary" {
  command = plan

  assert {
    condition     = aws_iam_role.flow.permissions_boundary == null
    error_message = "an empty boundary is sent to AWS, which refuses it"
  }
}
