variable "name" {
  description = "Prefix of every resource, such as llm-dev-gpu."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,26}$", var.name))
    error_message = "name takes 2 to 27 lower-case letters, digits and hyphens, and begins with a letter."
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

variable "tags" {
  description = "Tags of instances, volumes and network interfaces. Give the provider's default tags: Auto Scaling does not take them over."
  type        = map(string)
  default     = {}

  validation {
    condition     = !contains(keys(var.tags), "Name")
    error_message = "tags cannot hold Name, which the module sets."
  }
}

variable "aws_region" {
  description = "Region of the responder, such as us-east-1."
  type        = string

  validation {
    condition     = can(regex("^[a-z]{2}(-[a-z]+)+-[0-9]$", var.aws_region))
    error_message = "aws_region is a region's code, such as us-east-1."
  }
}

variable "subnet_ids" {
  description = "Private subnets, one for each zone."
  type        = list(string)

  validation {
    condition     = length(var.subnet_ids) > 0
    error_message = "subnet_ids needs at least one subnet."
  }
}

variable "security_group_id" {
  description = "Security group: port 8000 from the load balancer, 443 to where the responder fetches from."
  type        = string
}

variable "target_group_arn" {
  description = "Target group of the GPU hosts. The responder is a target of it that is never healthy."
  type        = string
}

variable "gateway_image" {
  description = "The gateway's image in ECR by digest, the same as the GPU hosts', built for arm64 too."
  type        = string

  validation {
    condition     = can(regex("^[0-9]{12}\\.dkr\\.ecr\\.[a-z0-9-]+\\.amazonaws\\.com/[a-z0-9][a-z0-9._/-]*@sha256:[0-9a-f]{64}$", var.gateway_image))
    error_message = "gateway_image is an image in ECR by digest: <account>.dkr.ecr.<region>.amazonaws.com/<repository>@sha256:<64 hex digits>."
  }
}

variable "cors_origin" {
  description = "Origin of the page that may read the refusal, such as https://d111111abcdef8.cloudfront.net."
  type        = string

  validation {
    condition     = can(regex("^(\\*|https?://[A-Za-z0-9.-]+(:[0-9]+)?)$", var.cors_origin))
    error_message = "cors_origin is an origin such as https://d111111abcdef8.cloudfront.net, without a path, or *."
  }
}

variable "log_group" {
  description = "Where the responder's gateway writes, by name and ARN (without :* at its end)."
  type        = object({ name = string, arn = string })
}

variable "instances" {
  description = "How many responders run: 1, or 2 where a zone may fail."
  type        = number
  default     = 1

  validation {
    condition     = contains([1, 2, 3], var.instances)
    error_message = "instances is 1, 2 or 3."
  }
}

variable "ami_id" {
  description = "Image (Amazon Linux 2023, arm64), pinned; empty: the newest one when an instance is launched."
  type        = string
  default     = ""

  validation {
    condition     = var.ami_id == "" || can(regex("^ami-[0-9a-f]{8,17}$", var.ami_id))
    error_message = "ami_id is empty, or looks like ami-0123456789abcdef0."
  }
}

variable "permissions_boundary_arn" {
  description = "Policy that bounds the responder's role; empty: none."
  type        = string
  default     = ""

  validation {
    condition     = var.permissions_boundary_arn == "" || can(regex("^arn:aws[a-z-]*:iam::[0-9]{12}:policy/", var.permissions_boundary_arn))
    error_message = "permissions_boundary_arn is empty or the ARN of a policy."
  }
}
