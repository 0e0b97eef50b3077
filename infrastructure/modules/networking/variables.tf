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
  description = "Region of the network; the names of its endpoint services contain it."
  type        = string

  validation {
    condition     = can(regex("^[a-z]{2}(-[a-z]+)+-[0-9]$", var.aws_region))
    error_message = "aws_region is a region's code, such as us-east-1."
  }
}

variable "vpc_cidr" {
  description = "IPv4 range of the VPC, /16 to /22. Each zone takes a quarter of it: an eighth for private hosts, a sixteenth public, a sixty-fourth for databases."
  type        = string
  default     = "10.0.0.0/16"

  validation {
    condition     = can(regex("^[0-9.]+/(1[6-9]|2[0-2])$", var.vpc_cidr)) && try(cidrsubnet(var.vpc_cidr, 0, 0) == var.vpc_cidr, false)
    error_message = "vpc_cidr is an IPv4 range of /16 to /22 that begins at its own first address (10.0.0.0/16, not 10.0.0.1/16)."
  }
}

variable "availability_zones" {
  description = "Two to four zones of the region; each gets one subnet of every tier. Append new ones: the ranges of the earlier stay as they are."
  type        = list(string)

  validation {
    condition     = length(var.availability_zones) >= 2 && length(var.availability_zones) <= 4
    error_message = "availability_zones needs two to four: a load balancer asks for two, and each takes a quarter of vpc_cidr."
  }

  validation {
    condition     = length(distinct(var.availability_zones)) == length(var.availability_zones)
    error_message = "availability_zones names a zone twice."
  }

  validation {
    condition     = alltrue([for zone in var.availability_zones : can(regex("^${var.aws_region}[a-z]$", zone))])
    error_message = "Each of availability_zones is the region and a letter, such as us-east-1a. Local Zones have no GPU hosts and no load balancer of this kind."
  }
}

variable "nat" {
  description = "How private hosts reach the internet: none (only the endpoints), single (one NAT gateway, in the first zone) or per_zone."
  type        = string
  default     = "none"

  validation {
    condition     = contains(["none", "single", "per_zone"], var.nat)
    error_message = "nat is none, single or per_zone."
  }
}

variable "interface_endpoints" {
  description = "AWS services to be reached inside the VPC, by short name (ecr.api, logs). Each is billed by the hour in each zone. S3 is there always, by a gateway that costs nothing."
  type        = set(string)
  default     = []

  validation {
    condition     = alltrue([for service in var.interface_endpoints : can(regex("^[a-z0-9]+([.-][a-z0-9]+)*$", service)) && !startswith(service, "com.")])
    error_message = "interface_endpoints takes short names such as ecr.api, without com.amazonaws.<region>."
  }

  validation {
    condition     = !contains(var.interface_endpoints, "s3")
    error_message = "interface_endpoints has s3, which the gateway endpoint already serves, without a charge."
  }
}

variable "database_subnets" {
  description = "Whether each zone also gets a subnet with no way out. Its range is kept free otherwise, so switching later moves nothing."
  type        = bool
  default     = false
}

variable "log_retention_days" {
  description = "Days that flow logs are kept; one of the numbers that CloudWatch Logs takes."
  type        = number
  default     = 30

  validation {
    condition     = contains([1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653], var.log_retention_days)
    error_message = "log_retention_days is one of 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653."
  }
}

variable "permissions_boundary_arn" {
  description = "Policy that bounds the role which writes flow logs; empty for none."
  type        = string
  default     = ""

  validation {
    condition     = can(regex("^(arn:aws[a-z-]*:iam::([0-9]{12}|aws):policy/.+)?$", var.permissions_boundary_arn))
    error_message = "permissions_boundary_arn is the ARN of an IAM policy, or empty."
  }
}
