# What the configured resources cost a month, from list prices, in pure expressions: `plan` prints it without an account.
# The rules are those of `sluice cost`; tests/agreement.tftest.hcl holds both to the same cent.

locals {
  prices = jsondecode(file("${path.module}/prices.json"))
  hours  = 730
  cases  = ["min", "typical", "max"]

  # Price of the first (or only) tier; a missing price stops the plan with its id in the message.
  price = { for id, tiers in lookup(local.prices, var.region, {}) : id => tonumber(tiers[0].usd) }

  counts = {
    for name, fleet in var.fleets : name => { min = fleet.min, typical = coalesce(fleet.typical, fleet.min), max = fleet.max }
  }

  # Of several types, the first is what usually runs; the others bound the forecast.
  instance_price = {
    for name, fleet in var.fleets : name => {
      typical = lookup(local.price, "ec2.ondemand.${fleet.instance_type}", 0)
      min     = min([for type in concat([fleet.instance_type], fleet.fallback_types) : lookup(local.price, "ec2.ondemand.${type}", 0)]...)
      max     = max([for type in concat([fleet.instance_type], fleet.fallback_types) : lookup(local.price, "ec2.ondemand.${type}", 0)]...)
    }
  }

  per_instance = {
    for name, fleet in var.fleets : name => { for case in local.cases : case => (
      local.hours * local.instance_price[name][case]
      + fleet.volume_gb * local.price["ebs.gp3.gb"]
      + max(0, fleet.volume_iops - 3000) * local.price["ebs.gp3.iops"]
      + max(0, fleet.volume_throughput - 125) * local.price["ebs.gp3.throughput"]
      + (fleet.detailed_monitoring ? 7 : 0) * local.price["cw.metrics"]
    ) }
  }

  # GB are 1,048,576 KB, as AWS bills them.
  response_gb = { for case in local.cases : case => var.traffic.requests[case] * var.traffic.response_kb / 1048576 }
  # Half a GB of start-up and health checks, and 2 KB a request.
  log_gb = { for case in local.cases : case => var.monitoring.log_groups == 0 ? 0 : 0.5 + var.traffic.requests[case] * 2 / 1048576 }
  # 25 new connections a second or 1 GB an hour, whichever is more, make a capacity unit.
  lcu_hours = { for case in local.cases : case => max(var.traffic.requests[case] / 90000, local.response_gb[case]) }

  # What grows with the traffic into cheaper tiers: the part of the quantity inside each tier at its price.
  tiered_quantity = {
    "apigw.rest.requests" = { for case in local.cases : case => var.traffic.rest_api ? var.traffic.requests[case] : 0 }
    "dto.internet"        = local.response_gb
  }
  tiered_cost = {
    for id, quantity in local.tiered_quantity : id => {
      for case in local.cases : case => sum([
        for tier in lookup(local.prices, var.region, { (id) = [] })[id] :
        max(0, min(quantity[case], tier.to == null ? quantity[case] : tonumber(tier.to)) - tonumber(tier.from)) * tonumber(tier.usd)
      ])
    }
  }

  by_type = {
    for case in local.cases : case => merge(
      { for name, count in local.counts : name => count[case] * local.per_instance[name][case] },
      {
        alb = var.network.load_balancers * local.hours * local.price["alb.hour"] + (var.network.load_balancers > 0 ? local.lcu_hours[case] : 0) * local.price["alb.lcu"]
        nat_or_endpoints = local.hours * (
          var.network.nat_gateways * local.price["nat.hour"]
          + var.network.public_addresses * local.price["ipv4.inuse"]
          + var.network.interface_endpoint_zones * local.price["vpce.hour"]
        )
        api_gateway = local.tiered_cost["apigw.rest.requests"][case]
        waf = (
          var.waf.acls * local.price["waf.webacl"]
          + var.waf.rules * local.price["waf.rule"]
          + (var.waf.acls > 0 ? var.traffic.requests[case] : 0) * local.price["waf.requests"]
        )
        cloudwatch = (
          var.monitoring.alarms * local.price["cw.alarm.standard"]
          + var.monitoring.composite_alarms * local.price["cw.alarm.composite"]
          + var.monitoring.dashboards * local.price["cw.dashboard"]
          + var.monitoring.custom_metrics * local.price["cw.metrics"]
          + local.log_gb[case] * (local.price["cw.logs.ingest"] + 0.15 * var.monitoring.log_retention_days / 30 * local.price["cw.logs.storage"])
        )
        data_transfer = local.tiered_cost["dto.internet"][case]
        secrets       = var.secrets * local.price["secrets.secret"]
      },
    )
  }

  total = { for case in local.cases : case => sum(values(local.by_type[case])) }
  # What one more request costs on average between the fewest and the most.
  fleet_cost  = { for case in local.cases : case => sum(concat([0], [for name, count in local.counts : count[case] * local.per_instance[name][case]])) }
  per_request = (local.total.max - local.total.min - local.fleet_cost.max + local.fleet_cost.min) / max(1, var.traffic.requests.max - var.traffic.requests.min)

  # To the cent, half up.
  rounded = { for case in local.cases : case => floor(local.total[case] * 100 + 0.5) / 100 }
}

resource "aws_budgets_budget" "this" {
  count = var.budget == null ? 0 : 1

  name         = var.name
  budget_type  = "COST"
  limit_unit   = "USD"
  limit_amount = format("%.2f", local.total.typical * var.budget.factor)
  time_unit    = "MONTHLY"

  cost_filter {
    name   = "TagKeyValue"
    values = [format("user:%s$%s", var.budget.tag_key, var.budget.tag_value)]
  }

  dynamic "notification" {
    for_each = { ACTUAL = 100, FORECASTED = 100 }
    content {
      notification_type          = notification.key
      comparison_operator        = "GREATER_THAN"
      threshold                  = notification.value
      threshold_type             = "PERCENTAGE"
      subscriber_email_addresses = var.budget.emails
    }
  }
}
