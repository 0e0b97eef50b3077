output "vpc_id" {
  description = "ID of the VPC."
  value       = aws_vpc.this.id
}

output "vpc_cidr" {
  description = "IPv4 range of the VPC."
  value       = aws_vpc.this.cidr_block
}

output "public_subnet_ids" {
  description = "One subnet a zone with a route to the internet, in the order of availability_zones."
  value       = [for zone in var.availability_zones : aws_subnet.public[zone].id]
}

output "private_subnet_ids" {
  description = "One subnet a zone without a public address, in the order of availability_zones."
  value       = [for zone in var.availability_zones : aws_subnet.private[zone].id]

  # A host that boots before its way out exists fails to stage and is thrown away.
  depends_on = [
    aws_route.nat,
    aws_route_table_association.private,
    aws_vpc_endpoint.interface,
    aws_vpc_endpoint.s3,
    aws_vpc_security_group_ingress_rule.vpce,
  ]
}

output "database_subnet_ids" {
  description = "One subnet a zone with no way out, in the order of availability_zones; empty without database_subnets."
  value       = [for zone in var.availability_zones : aws_subnet.database[zone].id if var.database_subnets]
}

output "private_route_table_ids" {
  description = "Route table of each private subnet, in the order of availability_zones."
  value       = [for zone in var.availability_zones : aws_route_table.private[zone].id]
}

output "vpce_security_group_id" {
  description = "Group of the interface endpoints: what hosts may reach on 443."
  value       = aws_security_group.vpce.id
}

output "s3_prefix_list_id" {
  description = "Addresses of S3 in the region, as a prefix list: the destination of hosts' egress rules."
  value       = aws_vpc_endpoint.s3.prefix_list_id
}
