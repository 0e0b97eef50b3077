variable "name" {
  description = "Begins every name and Name tag, such as llm-dev-gpu."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,26}$", var.name)) && strcontains("-${var.name}-", "-${var.environment}-")
    error_message = "name takes 2 to 27 lower-case letters, digits and hyphens, begins with a letter, and has the environment as one of its parts (llm-dev-gpu)."
  }
}

variable "environment" {
  description = "dev, staging or prod."
  type        = string

  validation {
    condition     = contains(["dev", "staging", "prod"], var.environment)
    error_message = "environment is dev, staging or prod."
  }
}

variable "aws_region" {
  description = "Region of the API; a certificate of its custom domain has to lie there."
  type        = string

  validation {
    condition     = can(regex("^[a-z]{2}(-[a-z]+)+-[0-9]$", var.aws_region))
    error_message = "aws_region is a region's code, such as us-east-1."
  }
}

variable "alb_arn" {
  description = "ARN of the internal load balancer that every request goes to."
  type        = string

  validation {
    condition     = can(regex("^arn:aws[a-z-]*:elasticloadbalancing:[a-z0-9-]+:[0-9]{12}:loadbalancer/app/", var.alb_arn))
    error_message = "alb_arn is the ARN of an Application Load Balancer."
  }
}

variable "alb_dns_name" {
  description = "The load balancer's own name: the Host header of requests when there is no TLS to it."
  type        = string

  validation {
    condition     = can(regex("^[a-zA-Z0-9.-]+$", var.alb_dns_name))
    error_message = "alb_dns_name is a host name, without scheme and port."
  }
}

variable "alb_server_name" {
  description = "Name in the load balancer's certificate, which the API checks; needs no DNS record. Empty: HTTP to port 80."
  type        = string
  default     = ""

  validation {
    condition     = can(regex("^([a-z0-9]([a-z0-9-]*[a-z0-9])?(\\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)+)?$", var.alb_server_name))
    error_message = "alb_server_name is a host name in lower case such as llm.example.com, or empty; for a wildcard certificate one of the names that it covers."
  }
}

variable "subnet_ids" {
  description = "Private subnets that the VPC link stands in."
  type        = list(string)

  validation {
    condition     = length(var.subnet_ids) >= 2
    error_message = "subnet_ids needs two or more, so that the link outlives a zone."
  }
}

variable "security_group_id" {
  description = "Group of the VPC link: what the load balancer's group lets in."
  type        = string

  validation {
    condition     = var.security_group_id != ""
    error_message = "security_group_id is empty: AWS would take the VPC's default group, which lets nothing through."
  }
}

variable "cors_origin" {
  description = "The one origin whose pages may call the API (https://d111111abcdef8.cloudfront.net), or * for any."
  type        = string

  validation {
    condition     = can(regex("^(\\*|https?://[A-Za-z0-9.-]+(:[0-9]{1,5})?)$", var.cors_origin))
    error_message = "cors_origin is a scheme and a host without a path or a slash at the end, or *."
  }
}

variable "rate_limit_per_ip" {
  description = "Requests a minute that one address may send before the firewall answers 429."
  type        = number
  default     = 100

  validation {
    condition     = var.rate_limit_per_ip == floor(var.rate_limit_per_ip) && var.rate_limit_per_ip >= 10 && var.rate_limit_per_ip <= 2000000000
    error_message = "rate_limit_per_ip is a whole number from 10, the least that AWS WAF counts to, to 2000000000."
  }
}

variable "throttle" {
  description = "What each route takes from all callers together: rate in requests a second, and burst in requests."
  type = object({
    rate  = optional(number, 50)
    burst = optional(number, 100)
  })
  default = {}

  validation {
    condition     = var.throttle.rate > 0 && var.throttle.burst >= 1 && var.throttle.burst == floor(var.throttle.burst)
    error_message = "throttle.rate is above 0, and throttle.burst a whole number of at least 1; 0 would refuse everything."
  }

  validation {
    condition     = var.throttle.rate <= 10000 && var.throttle.burst <= 5000
    error_message = "throttle goes up to 10000 requests a second and bursts of 5000: more than an AWS account gives to all its APIs in a region."
  }
}

variable "log_retention_days" {
  description = "Days that access, execution and firewall logs are kept; one of the numbers that CloudWatch Logs takes."
  type        = number
  default     = 30

  validation {
    condition     = contains([1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653], var.log_retention_days)
    error_message = "log_retention_days is one of 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653."
  }
}

variable "custom_domain" {
  description = "Own name of the API and its ACM certificate; with hosted_zone_id also its record in Route 53. null: the name that AWS gives."
  type = object({
    name            = string
    certificate_arn = string
    hosted_zone_id  = optional(string, "")
  })
  default = null

  validation {
    condition     = var.custom_domain == null || can(regex("^([a-z0-9]([a-z0-9-]*[a-z0-9])?\\.)+[a-z]{2,}$", var.custom_domain.name))
    error_message = "custom_domain.name is a host name in lower case such as api.example.com."
  }

  validation {
    condition     = var.custom_domain == null || can(regex("^arn:aws[a-z-]*:acm:${var.aws_region}:[0-9]{12}:certificate/[0-9a-f-]{36}$", var.custom_domain.certificate_arn))
    error_message = "custom_domain.certificate_arn is the ARN of an ACM certificate in the API's own region."
  }

  validation {
    condition     = var.custom_domain == null || can(regex("^[A-Z0-9]{0,32}$", var.custom_domain.hosted_zone_id))
    error_message = "custom_domain.hosted_zone_id is the ID of a public zone in Route 53, without a path before it, or empty."
  }
}

variable "tracing" {
  description = "Whether X-Ray samples requests, which it bills for."
  type        = bool
  default     = false
}
