# Where and what: the same values as in the topology, so that both find each other's names.

variable "name" {
  description = "Short name of the service; every resource name begins with <name>-<environment>-gpu."
  type        = string
  default     = "llm"

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,14}$", var.name)) && !endswith(var.name, "-") && !strcontains(var.name, "--") && !can(regex("^(internal|sg|sthree|amzn-s3-demo)(-|$)", var.name))
    error_message = "name takes 2 to 15 lower-case letters, digits and single hyphens, begins with a letter and does not end with a hyphen. AWS keeps names that begin with internal-, sg-, sthree- or amzn-s3-demo- for itself."
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
  description = "Region of the hosts: what is staged here is read from there without leaving the region."
  type        = string
  default     = "us-east-1"

  validation {
    condition     = can(regex("^[a-z]{2}(-[a-z]+)+-[1-9]$", var.aws_region))
    error_message = "aws_region is a region's code, such as us-east-1."
  }
}

variable "account_id" {
  description = "AWS account, 12 digits. A variable and not looked up, so that plans need no account; the provider refuses any other."
  type        = string

  validation {
    condition     = can(regex("^[0-9]{12}$", var.account_id))
    error_message = "account_id is the 12 digits of an AWS account: aws sts get-caller-identity shows yours."
  }
}

variable "tags" {
  description = "Tags of every resource, besides Project, Environment, Topology, Deployment and ManagedBy."
  type        = map(string)
  default     = {}

  validation {
    condition     = length(setintersection([for key in keys(var.tags) : lower(key)], ["project", "environment", "topology", "deployment", "managedby"])) == 0 && length(var.tags) <= 5
    error_message = "Project, Environment, Topology, Deployment and ManagedBy are set by this root, and five more is what an object in a bucket takes."
  }

  validation {
    condition     = length(var.tags) <= 5
    error_message = "tags takes five: an object in a bucket has ten at most, and five are set by this root."
  }

  validation {
    condition     = alltrue([for key, value in var.tags : can(regex("^[A-Za-z0-9 _.:/=+@-]{1,128}$", key)) && can(regex("^[A-Za-z0-9 _.:/=+@-]{0,256}$", value)) && !startswith(lower(key), "aws:")])
    error_message = "Keys of tags take up to 128 letters, digits, spaces and _.:/=+-@, values up to 256 of them, which is what every service takes; keys that begin with aws: are AWS's."
  }
}

variable "permissions_boundary_arn" {
  description = "Permissions boundary of both roles, from the bootstrap root; empty: none. The deploy role may only make roles that carry it."
  type        = string
  default     = ""

  validation {
    condition     = var.permissions_boundary_arn == "" || can(regex("^arn:aws[a-z-]*:iam::[0-9]{12}:policy/.+$", var.permissions_boundary_arn))
    error_message = "permissions_boundary_arn is the ARN of an IAM policy, or empty."
  }
}

# What is staged

variable "model" {
  description = "Model on the hub and the commit of its repository there. Only a commit says which weights these are; a branch may change under the fleet."
  type = object({
    name     = string
    revision = string
  })
  default = {
    name     = "microsoft/Phi-3-mini-4k-instruct"
    revision = "0a67737cc96d2554230f90338b163bc6380a2a85"
  }

  validation {
    condition     = can(regex("^[A-Za-z0-9][\\w.-]*/[A-Za-z0-9][\\w.-]*$", var.model.name))
    error_message = "model.name is <organisation>/<model>, as the hub has it."
  }

  validation {
    condition     = can(regex("^[0-9a-f]{40}$", var.model.revision))
    error_message = "model.revision is a commit of the model's repository, 40 hex digits, and not a branch or tag: the hub shows it under Files and versions, History."
  }
}

variable "hub_url" {
  description = "Address of the model hub or of a mirror with the same paths."
  type        = string
  default     = "https://huggingface.co"

  validation {
    condition     = can(regex("^https://[A-Za-z0-9.-]+(:[0-9]+)?$", var.hub_url))
    error_message = "hub_url is https:// and a host, without a path."
  }
}

variable "engine" {
  description = "Image of the engine: repository with its registry, version tag (for people) and the digest under which exactly these bytes are copied."
  type = object({
    repository = optional(string, "docker.io/vllm/vllm-openai")
    tag        = string
    digest     = string
  })
  # Its index is of amd64 and arm64, on CUDA 13, which runs on T4 and A10G.
  default = {
    tag    = "v0.22.0"
    digest = "sha256:0fec7ec5f3e6bc168e54899935fb0557da908a4832a1dbc88e2debcf2f889416"
  }

  validation {
    condition     = can(regex("^[a-z0-9.-]+\\.[a-z]{2,}(:[0-9]+)?(/[a-z0-9._-]+)+$", var.engine.repository))
    error_message = "engine.repository names its registry, such as docker.io/vllm/vllm-openai, and has no tag."
  }

  validation {
    condition     = can(regex("^v?[0-9]+\\.[0-9]+\\.[0-9]+[A-Za-z0-9._-]{0,90}$", var.engine.tag))
    error_message = "engine.tag is a version, such as v0.22.1; latest and nightly mean something else every day."
  }

  validation {
    condition     = can(regex("^sha256:[0-9a-f]{64}$", var.engine.digest))
    error_message = "engine.digest is sha256: and 64 hex digits: docker buildx imagetools inspect <repository>:<tag> shows it."
  }
}

variable "node" {
  description = "Base image of the gateway. An empty digest: what the tag means when the build runs, which is written down beside the result. The default registry is not metered for builds in AWS."
  type = object({
    image  = optional(string, "public.ecr.aws/docker/library/node:24.21.0-bookworm-slim")
    digest = optional(string, "")
  })
  default = {}

  validation {
    condition     = can(regex("^[a-z0-9.-]+\\.[a-z]{2,}(:[0-9]+)?(/[a-z0-9._-]+)+:[0-9]+\\.[0-9]+\\.[0-9]+-[a-z]+-slim$", var.node.image))
    error_message = "node.image names its registry and an exact version of a slim Debian, such as public.ecr.aws/docker/library/node:24.21.0-bookworm-slim."
  }

  validation {
    condition     = can(regex("^(sha256:[0-9a-f]{64})?$", var.node.digest))
    error_message = "node.digest is sha256: and 64 hex digits, or empty."
  }
}

# How it is kept

variable "kms_key_arn" {
  description = "KMS key of bucket and repositories; empty: keys that AWS owns (SSE-S3, AES-256). Who reads what is staged then needs kms:Decrypt on it."
  type        = string
  default     = ""

  validation {
    condition     = var.kms_key_arn == "" || can(regex("^arn:aws[a-z-]*:kms:[a-z0-9-]+:[0-9]{12}:key/.+$", var.kms_key_arn))
    error_message = "kms_key_arn is the ARN of a KMS key (not of an alias), or empty."
  }
}

variable "keep_images" {
  description = "Versions that each repository keeps, newest first. Those that a deployment runs must be among them."
  type        = number
  default     = 30

  validation {
    condition     = var.keep_images >= 5 && var.keep_images <= 1000 && floor(var.keep_images) == var.keep_images
    error_message = "keep_images is a whole number from 5 to 1000."
  }
}

variable "log_retention_days" {
  description = "Days that the builds' logs are kept; one of the numbers that CloudWatch Logs takes."
  type        = number
  default     = 30

  validation {
    condition     = contains([1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653], var.log_retention_days)
    error_message = "log_retention_days is one of 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653."
  }
}

variable "force_destroy" {
  description = "Whether a destroy also deletes what the bucket and the repositories hold. Until it is applied as true, a destroy stops at them."
  type        = bool
  default     = false
}

variable "build_image" {
  description = "Image that both builds run in: one of CodeBuild's own for x86_64, with Docker and its buildx, the AWS CLI, curl, git and jq."
  type        = string
  default     = "aws/codebuild/standard:7.0"

  validation {
    condition     = can(regex("^aws/codebuild/[a-z0-9_-]+:[0-9]+\\.[0-9]+$", var.build_image))
    error_message = "build_image is one of CodeBuild's, such as aws/codebuild/standard:7.0."
  }
}
