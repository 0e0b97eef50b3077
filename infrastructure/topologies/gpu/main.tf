# client -HTTPS-> REST API + WAF -VPC link-> internal load balancer -> gateway on each GPU host -> vLLM on its loopback
#                                                                  \-> standby responder, while no host can answer
# browser -> CloudFront -> demo pages in a private bucket

locals {
  name        = "${var.name}-${var.environment}-gpu"
  is_prod     = var.environment == "prod"
  has_tls     = var.certificate_arn != ""
  cors_origin = var.cors_allowed_origin != "" ? var.cors_allowed_origin : var.enable_demo ? "https://${local.demo_host}" : "*"
  demo_host   = var.demo_domain_name != "" ? var.demo_domain_name : try(module.demo[0].distribution_domain, null) # module.demo[*] would wait for all of it: a cycle
  # Every service that a host talks to. S3 has a gateway endpoint, which costs nothing, in both modes.
  interface_endpoints = toset(var.egress_mode == "endpoints" ? concat(
    ["ecr.api", "ecr.dkr", "logs", "monitoring", "autoscaling", "ssm", "ssmmessages", "ec2messages", "sts"],
    var.api_key_required ? ["secretsmanager"] : [],
  ) : [])
  standby_hosts = !var.enable_standby_responder ? 0 : local.is_prod ? 2 : 1
  # Tried in this order.
  instance_types = distinct(concat([var.instance_type], var.fallback_instance_types))
  volume         = { size_gb = var.root_volume_gb, iops = 6000, throughput = 500 }
}

module "networking" {
  source = "../../modules/networking"

  name                     = local.name
  environment              = var.environment
  aws_region               = var.aws_region
  vpc_cidr                 = var.vpc_cidr
  availability_zones       = var.availability_zones
  nat                      = var.egress_mode == "nat" ? "single" : "none"
  interface_endpoints      = local.interface_endpoints
  log_retention_days       = var.retention_days
  permissions_boundary_arn = var.permissions_boundary_arn
}

module "load_balancer" {
  source = "../../modules/load_balancer"

  name                = local.name
  environment         = var.environment
  vpc_id              = module.networking.vpc_id
  subnet_ids          = module.networking.public_subnet_ids
  security_group_id   = aws_security_group.this["alb"].id
  certificate_arn     = var.certificate_arn
  deletion_protection = coalesce(var.deletion_protection, local.is_prod)
}

module "api" {
  source = "../../modules/api"

  name               = local.name
  environment        = var.environment
  aws_region         = var.aws_region
  alb_arn            = module.load_balancer.alb_arn
  alb_dns_name       = module.load_balancer.alb_dns_name
  alb_server_name    = var.alb_server_name
  subnet_ids         = module.networking.private_subnet_ids
  security_group_id  = aws_security_group.this["vpclink"].id
  cors_origin        = local.cors_origin
  rate_limit_per_ip  = var.rate_limit_per_ip
  log_retention_days = var.retention_days
  custom_domain = var.domain_name == "" ? null : {
    name            = var.domain_name
    certificate_arn = var.certificate_arn
    hosted_zone_id  = var.hosted_zone_id
  }
}

# Read from the provider's configuration. Here and not in the modules: those wait for others, and would know the tags only after them.
data "aws_default_tags" "this" {}

module "gpu_fleet" {
  source = "../../modules/gpu_fleet"

  name                     = local.name
  environment              = var.environment
  tags                     = data.aws_default_tags.this.tags
  aws_region               = var.aws_region
  account_id               = var.account_id
  subnet_ids               = module.networking.private_subnet_ids
  security_group_id        = aws_security_group.this["gpu"].id
  target_group_arn         = module.load_balancer.target_group_arn
  instance_types           = local.instance_types
  allow_other_gpu_families = var.allow_other_gpu_families
  min_instances            = var.min_instances
  max_instances            = var.max_instances
  ami_id                   = var.ami_id
  volume                   = local.volume
  spot                     = var.spot
  warm_pool                = var.warm_pool
  scaling = {
    scale_up_threshold   = var.scale_up_threshold
    scale_down_threshold = var.scale_down_threshold
    queue_depth          = var.scale_up_queue_depth
  }
  wait_for_capacity_timeout = var.wait_for_capacity_timeout
  artifacts                 = var.artifacts
  model                     = { name = var.model_name, served_name = var.served_model_name, max_model_len = var.max_model_len }
  gateway = {
    request_timeout_ms = var.request_timeout_ms
    rate_limit_per_ip  = var.rate_limit_per_ip
    cors_origin        = local.cors_origin
  }
  keys_secret_arn          = var.api_key_required ? aws_secretsmanager_secret.api_keys[0].arn : ""
  log_groups               = module.monitoring.log_groups
  permissions_boundary_arn = var.permissions_boundary_arn

  # A host that comes up before its way to AWS, or before its keys, would fail its first start.
  depends_on = [module.networking, aws_secretsmanager_secret_version.api_keys, aws_vpc_security_group_egress_rule.this]
}

module "standby" {
  source = "../../modules/standby"
  count  = local.standby_hosts > 0 ? 1 : 0

  name                     = local.name
  environment              = var.environment
  tags                     = data.aws_default_tags.this.tags
  aws_region               = var.aws_region
  subnet_ids               = module.networking.private_subnet_ids
  security_group_id        = aws_security_group.this["gpu"].id
  target_group_arn         = module.load_balancer.target_group_arn
  gateway_image            = var.artifacts.gateway_image
  cors_origin              = local.cors_origin
  log_group                = module.monitoring.log_groups.host
  instances                = local.standby_hosts
  permissions_boundary_arn = var.permissions_boundary_arn

  depends_on = [module.networking, aws_vpc_security_group_egress_rule.this]
}

module "demo" {
  source = "../../modules/demo"
  count  = var.enable_demo ? 1 : 0

  name            = local.name
  environment     = var.environment
  aws_region      = var.aws_region
  files_directory = var.demo_files_directory != "" ? var.demo_files_directory : "${path.module}/../../../web/dist"
  api_endpoint    = module.api.api_endpoint
  # The distribution cannot name the API, which names the distribution; it names the API's region or own domain.
  connect_sources = [var.domain_name != "" ? "https://${var.domain_name}" : "https://*.execute-api.${var.aws_region}.amazonaws.com"]
  custom_domain   = var.demo_domain_name == "" ? null : { name = var.demo_domain_name, certificate_arn = var.demo_certificate_arn }
}

module "monitoring" {
  source = "../../modules/monitoring"

  name                    = local.name
  environment             = var.environment
  aws_region              = var.aws_region
  account_id              = var.account_id
  retention_days          = var.retention_days
  asg_name                = module.gpu_fleet.asg_name
  scale_out_alarm_name    = module.gpu_fleet.scale_out_alarm_name
  alb_arn_suffix          = module.load_balancer.alb_arn_suffix
  target_group_arn_suffix = module.load_balancer.target_group_arn_suffix
  api_name                = module.api.api_name
  stage_name              = module.api.stage_name
  web_acl_name            = module.api.web_acl_name
  max_instances           = var.max_instances
  cost_constants = {
    instance_hour = module.cost.cost_constants.instance_hour["gpu"]
    fixed_hour    = module.cost.cost_constants.fixed_hour + local.standby_hosts * lookup(module.cost.cost_constants.instance_hour, "standby", 0)
    request       = module.cost.cost_constants.request
  }
  budget_usd_month = var.budget_usd_month
  sns_topic_arn    = var.sns_topic_arn
  alarm_email      = var.alarm_email
}

module "cost" {
  source = "../../modules/cost"

  name   = local.name
  region = var.aws_region
  fleets = merge(
    {
      gpu = {
        instance_type       = local.instance_types[0]
        fallback_types      = slice(local.instance_types, 1, length(local.instance_types))
        min                 = max(1, var.min_instances)
        max                 = var.max_instances
        volume_gb           = local.volume.size_gb
        volume_iops         = local.volume.iops
        volume_throughput   = local.volume.throughput
        detailed_monitoring = true
      }
    },
    local.standby_hosts == 0 ? {} : { standby = { instance_type = "t4g.nano", min = local.standby_hosts, max = local.standby_hosts } },
  )
  network = {
    nat_gateways             = var.egress_mode == "nat" ? 1 : 0
    public_addresses         = var.egress_mode == "nat" ? 1 : 0
    interface_endpoint_zones = length(local.interface_endpoints) * length(var.availability_zones)
    load_balancers           = 1
  }
  waf = { acls = 1, rules = 1 }
  monitoring = {
    alarms             = module.monitoring.billed.alarms + module.gpu_fleet.billed.alarms
    composite_alarms   = module.monitoring.billed.composite_alarms
    dashboards         = module.monitoring.billed.dashboards
    custom_metrics     = length(distinct(concat(module.monitoring.billed.custom_metrics, module.gpu_fleet.billed.custom_metrics)))
    log_groups         = module.monitoring.billed.log_groups + 4 # the API's three and the network's
    log_retention_days = var.retention_days
  }
  secrets = var.api_key_required ? 1 : 0
  budget  = var.alarm_email == "" ? null : { emails = [var.alarm_email], tag_key = "Deployment", tag_value = local.name }
}

# Which keys are valid: hashes only, in the gateway's own file format. The value goes in by a write-only argument.
resource "aws_secretsmanager_secret" "api_keys" {
  # checkov:skip=CKV_AWS_149:AWS's own key encrypts it; what it holds are hashes
  # checkov:skip=CKV2_AWS_57:keys are rotated by an apply with a raised api_keys_version, since clients must learn the new ones
  count = var.api_key_required ? 1 : 0

  name_prefix             = "${local.name}-keys-"
  description             = "Hashed API keys of ${local.name}, read by its hosts each minute."
  recovery_window_in_days = local.is_prod ? 30 : 7
}

resource "aws_secretsmanager_secret_version" "api_keys" {
  count = var.api_key_required ? 1 : 0

  secret_id = aws_secretsmanager_secret.api_keys[0].id
  # Written only when the version changes. Without a value nobody is let in, rather than everybody.
  secret_string_wo         = var.api_keys == null ? "keys: []\n" : var.api_keys
  secret_string_wo_version = var.api_keys_version
}
