variable "name" {
  description = "Prefix of everything, such as llm: the same as the roots' name."
  type        = string
  default     = "llm"

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,14}$", var.name)) && !endswith(var.name, "-") && !strcontains(var.name, "--") && !can(regex("^(internal|sg|sthree|amzn-s3-demo)(-|$)", var.name))
    error_message = "name takes 2 to 15 lower-case letters, digits and single hyphens, begins with a letter and does not end with a hyphen. AWS keeps names that begin with internal-, sg-, sthree- or amzn-s3-demo- for itself."
  }
}

variable "aws_region" {
  description = "Region of the state, such as us-east-1. The roles may work in this region only."
  type        = string

  validation {
    condition     = can(regex("^[a-z]{2}(-[a-z]+)+-[0-9]$", var.aws_region))
    error_message = "aws_region is the code of a region, such as us-east-1."
  }

  validation {
    condition     = !can(regex("^(cn|us-gov|us-iso|eusc)", var.aws_region))
    error_message = "aws_region is a region of another partition, where ARNs do not begin with arn:aws: and these roots do not work."
  }
}

variable "account_id" {
  description = "The account's 12 digits. An apply to any other account is refused."
  type        = string

  validation {
    condition     = can(regex("^[0-9]{12}$", var.account_id))
    error_message = "account_id has 12 digits."
  }
}

variable "github" {
  description = "The repository whose workflows may plan and deploy, by names and by GitHub's numeric ids (`gh api repos/OWNER/REPO --jq '.owner.id, .id'`), and the GitHub environments that may deploy; null: no roles for GitHub."
  type = object({
    owner         = string
    owner_id      = string
    repository    = string
    repository_id = string
    environments  = optional(set(string), ["dev", "staging", "prod"])
  })
  default = null

  validation {
    condition     = var.github == null || can(regex("^[A-Za-z0-9][A-Za-z0-9-]{0,38}$", var.github.owner)) && can(regex("^[A-Za-z0-9._-]{1,100}$", var.github.repository))
    error_message = "github.owner and github.repository are the names as they stand in the repository's address, without a slash."
  }

  validation {
    condition     = var.github == null || can(regex("^[0-9]+$", var.github.owner_id)) && can(regex("^[0-9]+$", var.github.repository_id))
    error_message = "github.owner_id and github.repository_id are numbers."
  }

  validation {
    condition     = try(length(var.github.environments) > 0 && length(setsubtract(var.github.environments, ["dev", "staging", "prod"])) == 0, var.github == null)
    error_message = "github.environments takes dev, staging and prod, at least one."
  }
}

variable "create_oidc_provider" {
  description = "Whether to make the account's identity provider for GitHub. An account has one at most: false where it exists already."
  type        = bool
  default     = true
}

variable "create_api_gateway_account" {
  description = "Whether to give API Gateway its role for logs. An account has one in each region: false where another stack has set it."
  type        = bool
  default     = true
}

variable "noncurrent_version_days" {
  description = "Days for which earlier versions of a state are kept."
  type        = number
  default     = 90

  validation {
    condition     = var.noncurrent_version_days >= 7 && floor(var.noncurrent_version_days) == var.noncurrent_version_days
    error_message = "noncurrent_version_days is a whole number of at least 7: a mistake must be found before its way back is gone."
  }
}

variable "tags" {
  description = "Further tags of every resource."
  type        = map(string)
  default     = {}
}
