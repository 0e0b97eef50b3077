output "estimated_monthly_cost" {
  description = "US dollars a month at list prices, to the cent: min (no traffic, fewest instances), typical, max (most traffic, most instances all month)."
  value       = local.rounded
}

output "estimated_monthly_cost_by_type" {
  description = "The same by type, each to the cent: { type = { min, typical, max } }."
  value = {
    for type in keys(local.by_type.typical) : type => { for case in local.cases : case => floor(local.by_type[case][type] * 100 + 0.5) / 100 }
  }
}

output "cost_constants" {
  description = "For the EstimatedCost expression of dashboards and alarms: US dollars an hour of one instance of each fleet (of its first type), of everything that always runs, and of one request."
  value = {
    instance_hour = { for name, cost in local.per_instance : name => cost.typical / local.hours }
    fixed_hour    = (local.total.min - local.fleet_cost.min - local.per_request * var.traffic.requests.min) / local.hours
    request       = local.per_request
  }
}

output "budget_name" {
  description = "Name of the AWS Budgets alarm; null without one."
  value       = one(aws_budgets_budget.this[*].name)
}
