variable "name" {
  description = "Prefix of every resource, such as llm-dev-gpu."
  type        = string

  validation {
    # A bucket's prefix has at most 37 characters.
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

variable "aws_region" {
  description = "Region of the API that the page calls, such as us-east-1."
  type        = string

  validation {
    condition     = can(regex("^[a-z]{2}(-[a-z]+)+-[0-9]$", var.aws_region))
    error_message = "aws_region is a region's code, such as us-east-1."
  }
}

variable "files_directory" {
  description = "The built pages (npm run build:web makes web/dist). Each file becomes an object; its config.json is replaced."
  type        = string

  validation {
    condition     = fileexists("${var.files_directory}/index.html")
    error_message = "files_directory holds no index.html. Build the pages first: npm run build:web."
  }
}

variable "api_endpoint" {
  description = "URL of the API, without /v1/… at its end; config.json tells it to the page."
  type        = string

  validation {
    condition     = can(regex("^https://[^?#]+$", var.api_endpoint))
    error_message = "api_endpoint is an https URL without a query."
  }
}

variable "connect_sources" {
  description = "Origins that the page may call besides its own. Empty: every API Gateway of the region, since naming the API itself here would make it and the page wait for each other."
  type        = list(string)
  default     = []

  validation {
    condition     = alltrue([for source in var.connect_sources : can(regex("^https://(\\*\\.)?[A-Za-z0-9.-]+(:[0-9]+)?$", source))])
    error_message = "Each of connect_sources is an https origin, such as https://api.example.com or https://*.example.com."
  }
}

variable "custom_domain" {
  description = "The page's own name and its certificate, which CloudFront takes from us-east-1 only; null: a name of CloudFront's. Point the name at the output distribution_domain."
  type        = object({ name = string, certificate_arn = string })
  default     = null

  validation {
    condition     = var.custom_domain == null ? true : can(regex("^arn:aws:acm:us-east-1:[0-9]{12}:certificate/", var.custom_domain.certificate_arn))
    error_message = "custom_domain.certificate_arn is the ARN of an ACM certificate in us-east-1, whatever the region of the rest."
  }

  validation {
    condition     = var.custom_domain == null ? true : can(regex("^([a-z0-9-]+\\.)+[a-z]{2,}$", var.custom_domain.name))
    error_message = "custom_domain.name is a domain name in lower case."
  }
}

variable "log_bucket" {
  description = "Domain name of the bucket for access logs (<bucket>.s3.amazonaws.com); it must allow ACLs. Empty: none are kept."
  type        = string
  default     = ""

  validation {
    condition     = var.log_bucket == "" || can(regex("^[a-z0-9.-]+\\.s3\\.amazonaws\\.com$", var.log_bucket))
    error_message = "log_bucket is empty or <bucket>.s3.amazonaws.com."
  }
}
