locals {
  # One call for all: zone by zone, so that a zone added at the end, or databases added later, leave every earlier range where it was.
  cidrs = chunklist(cidrsubnets(var.vpc_cidr, flatten([for zone in var.availability_zones : [3, 4, 6]])...), 3)

  zones = { for index, zone in var.availability_zones : zone => {
    private  = local.cidrs[index][0]
    public   = local.cidrs[index][1]
    database = local.cidrs[index][2]
  } }

  nat_zones = {
    none     = []
    single   = [var.availability_zones[0]]
    per_zone = var.availability_zones
  }[var.nat]
}

resource "aws_vpc" "this" {
  cidr_block = var.vpc_cidr

  # Private names of the endpoints resolve only with both.
  enable_dns_support   = true
  enable_dns_hostnames = true

  tags = { Name = var.name }
}

# AWS makes this group with every VPC and lets its members talk to each other; without rules nothing can be left in it by accident.
resource "aws_default_security_group" "this" {
  vpc_id = aws_vpc.this.id

  tags = { Name = "${var.name}-default" }
}

resource "aws_subnet" "public" {
  for_each = local.zones

  vpc_id            = aws_vpc.this.id
  availability_zone = each.key
  cidr_block        = each.value.public

  # What lives here is given its address: NAT gateways. Nothing gets one by being started.
  map_public_ip_on_launch = false

  tags = { Name = "${var.name}-public-${each.key}" }
}

resource "aws_subnet" "private" {
  for_each = local.zones

  vpc_id                  = aws_vpc.this.id
  availability_zone       = each.key
  cidr_block              = each.value.private
  map_public_ip_on_launch = false

  tags = { Name = "${var.name}-private-${each.key}" }

  # AWS gives the network interfaces of a VPC link back up to 20 minutes after the link is gone: the provider's own limit.
  timeouts {
    delete = "30m"
  }
}

resource "aws_subnet" "database" {
  for_each = { for zone, ranges in local.zones : zone => ranges if var.database_subnets }

  vpc_id                  = aws_vpc.this.id
  availability_zone       = each.key
  cidr_block              = each.value.database
  map_public_ip_on_launch = false

  tags = { Name = "${var.name}-database-${each.key}" }
}
