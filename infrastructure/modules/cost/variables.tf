variable "name" {
  description = "Name of the budget, such as llm-dev-gpu."
  type        = string

  validation {
    condition     = can(regex("^[A-Za-z0-9-]{1,90}$", var.name))
    error_message = "name takes 1 to 90 letters, digits and hyphens."
  }
}

variable "region" {
  description = "AWS region whose list prices hold. Another region's prices are never used instead."
  type        = string

  validation {
    condition     = contains(keys(local.prices), var.region)
    error_message = "prices.json has no prices for this region; add it with `sluice prices refresh --region` and regenerate the file."
  }
}

variable "fleets" {
  description = "Instance groups by the name that the breakdown shows. Counts are instances; volumes are gp3 in GB, IOPS and MB/s. typical defaults to min. With fallback_types the cheapest of all counts as min, the dearest as max."
  type = map(object({
    instance_type       = string
    fallback_types      = optional(list(string), [])
    min                 = number
    max                 = number
    typical             = optional(number)
    volume_gb           = optional(number, 8)
    volume_iops         = optional(number, 3000)
    volume_throughput   = optional(number, 125)
    detailed_monitoring = optional(bool, false)
  }))

  validation {
    condition     = alltrue([for fleet in values(var.fleets) : 0 <= fleet.min && fleet.min <= coalesce(fleet.typical, fleet.min) && coalesce(fleet.typical, fleet.min) <= fleet.max])
    error_message = "Every fleet needs 0 <= min <= typical <= max."
  }

  validation {
    condition     = !contains(keys(local.prices), var.region) || alltrue(flatten([for fleet in values(var.fleets) : [for type in concat([fleet.instance_type], fleet.fallback_types) : contains(keys(local.prices[var.region]), "ec2.ondemand.${type}")]]))
    error_message = "prices.json has no price for one of these instance types in this region: it is not offered there, or the price book must be refreshed."
  }
}

variable "network" {
  description = "How many of each run all month. interface_endpoint_zones counts each endpoint once for each of its zones."
  type = object({
    nat_gateways             = optional(number, 0)
    public_addresses         = optional(number, 0)
    interface_endpoint_zones = optional(number, 0)
    load_balancers           = optional(number, 0)
  })
  default = {}

  validation {
    condition     = alltrue([for count in values(var.network) : count >= 0])
    error_message = "Counts cannot be negative."
  }
}

variable "waf" {
  description = "Web ACLs and the rules in them."
  type        = object({ acls = optional(number, 0), rules = optional(number, 0) })
  default     = {}

  validation {
    condition     = var.waf.acls >= 0 && var.waf.rules >= 0
    error_message = "Counts cannot be negative."
  }
}

variable "monitoring" {
  description = "CloudWatch: metric alarms, composite alarms, dashboards, custom metrics, log groups, and how many days logs are kept (0: not at all)."
  type = object({
    alarms             = optional(number, 0)
    composite_alarms   = optional(number, 0)
    dashboards         = optional(number, 0)
    custom_metrics     = optional(number, 0)
    log_groups         = optional(number, 0)
    log_retention_days = optional(number, 30)
  })
  default = {}

  validation {
    condition     = alltrue([for count in values(var.monitoring) : count >= 0])
    error_message = "Counts cannot be negative."
  }
}

variable "secrets" {
  description = "Secrets in Secrets Manager."
  type        = number
  default     = 0

  validation {
    condition     = var.secrets >= 0
    error_message = "secrets cannot be negative."
  }
}

variable "traffic" {
  description = "Requests a month in three cases, and KB of an answer. rest_api: they come through an API Gateway REST API."
  type = object({
    requests    = optional(object({ min = number, typical = number, max = number }), { min = 0, typical = 1000000, max = 10000000 })
    response_kb = optional(number, 2)
    rest_api    = optional(bool, true)
  })
  default = {}

  validation {
    condition     = 0 <= var.traffic.requests.min && var.traffic.requests.min <= var.traffic.requests.typical && var.traffic.requests.typical <= var.traffic.requests.max
    error_message = "traffic.requests needs 0 <= min <= typical <= max."
  }
}

variable "budget" {
  description = "AWS Budgets alarm at typical x factor US dollars a month for everything that carries the tag; null: none. emails hear of it."
  type = object({
    emails    = list(string)
    factor    = optional(number, 1.2)
    tag_key   = optional(string, "Project")
    tag_value = string
  })
  default = null

  validation {
    condition     = var.budget == null ? true : length(var.budget.emails) > 0 && var.budget.factor > 0
    error_message = "A budget needs at least one address and a factor above 0."
  }
}
