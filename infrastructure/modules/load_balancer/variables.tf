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

variable "vpc_id" {
  description = "VPC of the load balancer and its targets."
  type        = string

  validation {
    condition     = var.vpc_id != ""
    error_message = "vpc_id is empty."
  }
}

variable "subnet_ids" {
  description = "Subnets that the load balancer answers in, each in another zone. The public ones: it is internal all the same."
  type        = list(string)

  validation {
    condition     = length(var.subnet_ids) >= 2
    error_message = "subnet_ids needs two or more; AWS refuses a load balancer in one zone."
  }
}

variable "security_group_id" {
  description = "Group of the load balancer. Its ingress comes from the VPC link's group and nowhere else."
  type        = string

  validation {
    condition     = var.security_group_id != ""
    error_message = "security_group_id is empty: AWS would take the VPC's default group, which lets nothing through."
  }
}

variable "certificate_arn" {
  description = "ACM certificate, issued in the region of the load balancer, for HTTPS on 443. Empty: HTTP on 80, which only the VPC link can reach."
  type        = string
  default     = ""

  validation {
    condition     = can(regex("^(arn:aws[a-z-]*:acm:[a-z0-9-]+:[0-9]{12}:certificate/[0-9a-f-]{36})?$", var.certificate_arn))
    error_message = "certificate_arn is the ARN of an ACM certificate (arn:aws:acm:<region>:<account>:certificate/<id>), or empty."
  }
}

variable "deletion_protection" {
  description = "Whether AWS refuses to delete the load balancer until this is switched off."
  type        = bool
  default     = true
}

variable "access_logs" {
  description = "S3 bucket, which must let the load balancer write, and prefix of a log line for each request; null for none."
  type = object({
    bucket = string
    prefix = optional(string, "alb")
  })
  default = null

  validation {
    condition     = var.access_logs == null || can(regex("^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$", var.access_logs.bucket))
    error_message = "access_logs.bucket is the name of a bucket, not its ARN."
  }

  validation {
    condition     = var.access_logs == null || !can(regex("(^/|/$|AWSLogs)", var.access_logs.prefix))
    error_message = "access_logs.prefix has no slash at its ends and does not contain AWSLogs, which AWS adds by itself."
  }
}
