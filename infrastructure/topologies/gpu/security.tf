# Who may talk to whom. Nothing admits the internet: clients reach API Gateway, and only its VPC link reaches the load balancer.

locals {
  listener_port = local.has_tls ? 443 : 80

  # EC2 takes no apostrophe in a description: a-zA-Z0-9. _-:/()#,@[]+=&;{}!$* and nothing else.
  groups = {
    vpclink = "The way of API Gateway into the VPC"
    alb     = "The load balancer, reached by the VPC link alone"
    gpu     = "GPU hosts and the standby responder, reached by the load balancer alone"
  }

  ingress = {
    alb_from_vpclink = { group = "alb", port = local.listener_port, from = "vpclink" }
    gpu_from_alb     = { group = "gpu", port = 8000, from = "alb" }
  }

  egress = merge(
    {
      vpclink_to_alb = { group = "vpclink", port = local.listener_port, to_group = "alb" }
      alb_to_gpu     = { group = "alb", port = 8000, to_group = "gpu" }
    },
    var.egress_mode == "nat"
    ? { gpu_to_internet = { group = "gpu", port = 443, to_cidr = "0.0.0.0/0" } }
    : {
      gpu_to_endpoints = { group = "gpu", port = 443, to_endpoints = true }
      gpu_to_s3        = { group = "gpu", port = 443, to_s3 = true }
    },
  )
}

resource "aws_security_group" "this" {
  # checkov:skip=CKV2_AWS_5:attached in the modules
  for_each = local.groups

  # A group in use cannot be replaced under the same name.
  name_prefix = "${local.name}-${each.key}-"
  description = each.value
  vpc_id      = module.networking.vpc_id
  tags        = { Name = "${local.name}-${each.key}" }

  # AWS gives the network interfaces of a VPC link back up to 20 minutes after the link is gone.
  timeouts {
    delete = "30m"
  }

  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_vpc_security_group_ingress_rule" "this" {
  for_each = local.ingress

  description                  = replace(each.key, "_", " ")
  security_group_id            = aws_security_group.this[each.value.group].id
  referenced_security_group_id = aws_security_group.this[each.value.from].id
  ip_protocol                  = "tcp"
  from_port                    = each.value.port
  to_port                      = each.value.port
  tags                         = { Name = "${local.name}-${replace(each.key, "_", "-")}" }
}

resource "aws_vpc_security_group_egress_rule" "this" {
  for_each = local.egress

  description       = replace(each.key, "_", " ")
  security_group_id = aws_security_group.this[each.value.group].id
  referenced_security_group_id = (
    try(each.value.to_endpoints, false) ? module.networking.vpce_security_group_id
    : try(aws_security_group.this[each.value.to_group].id, null)
  )
  prefix_list_id = try(each.value.to_s3, false) ? module.networking.s3_prefix_list_id : null
  cidr_ipv4      = try(each.value.to_cidr, null)
  ip_protocol    = "tcp"
  from_port      = each.value.port
  to_port        = each.value.port
  tags           = { Name = "${local.name}-${replace(each.key, "_", "-")}" }
}
