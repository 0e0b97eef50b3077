# Weights, image layers (ECR keeps them in S3) and packages of Amazon Linux come this way. No policy of its own: one that names buckets
# would have to follow AWS's buckets in each region, and the hosts' role already says which of ours may be read.
resource "aws_vpc_endpoint" "s3" {
  vpc_id            = aws_vpc.this.id
  vpc_endpoint_type = "Gateway"
  service_name      = "com.amazonaws.${var.aws_region}.s3"
  route_table_ids   = [for zone in var.availability_zones : aws_route_table.private[zone].id]

  tags = { Name = "${var.name}-s3" }
}

resource "aws_vpc_endpoint" "interface" {
  for_each = var.interface_endpoints

  vpc_id              = aws_vpc.this.id
  vpc_endpoint_type   = "Interface"
  service_name        = "com.amazonaws.${var.aws_region}.${each.key}"
  subnet_ids          = [for zone in var.availability_zones : aws_subnet.private[zone].id]
  security_group_ids  = [aws_security_group.vpce.id]
  private_dns_enabled = true

  tags = { Name = "${var.name}-${each.key}" }
}

resource "aws_security_group" "vpce" {
  # Others that are made before their predecessors go depend on it, so it is, too: a fixed name would be taken then.
  name_prefix = "${var.name}-vpce-"
  description = "Interface endpoints of ${var.name}"
  vpc_id      = aws_vpc.this.id

  tags = { Name = "${var.name}-vpce" }
}

resource "aws_vpc_security_group_ingress_rule" "vpce" {
  security_group_id = aws_security_group.vpce.id
  description       = "HTTPS from the VPC"
  ip_protocol       = "tcp"
  from_port         = 443
  to_port           = 443
  cidr_ipv4         = var.vpc_cidr

  tags = { Name = "${var.name}-vpce-https" }
}
