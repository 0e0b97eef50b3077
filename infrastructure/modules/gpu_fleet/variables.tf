variable "name" {
  description = "Prefix of every resource, such as llm-dev-gpu."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,26}$", var.name))
    error_message = "name takes 2 to 27 lower-case letters, digits and hyphens, and begins with a letter."
  }
}

variable "environment" {
  description = "dev, staging or prod; the hosts' metrics carry it as a dimension."
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
  description = "Region of the fleet, such as us-east-1."
  type        = string

  validation {
    condition     = can(regex("^[a-z]{2}(-[a-z]+)+-[0-9]$", var.aws_region))
    error_message = "aws_region is a region's code, such as us-east-1."
  }
}

variable "account_id" {
  description = "The account's 12 digits; policies name resources by it."
  type        = string

  validation {
    condition     = can(regex("^[0-9]{12}$", var.account_id))
    error_message = "account_id has 12 digits."
  }
}

variable "subnet_ids" {
  description = "Private subnets, one for each zone; more zones find capacity more easily."
  type        = list(string)

  validation {
    condition     = length(var.subnet_ids) > 0
    error_message = "subnet_ids needs at least one subnet."
  }
}

variable "security_group_id" {
  description = "The hosts' security group: port 8000 from the load balancer, 443 to where they fetch from."
  type        = string
}

variable "target_group_arn" {
  description = "The load balancer's target group, to which hosts are registered once they are ready."
  type        = string
}

variable "instance_types" {
  description = "Instance types in the order they are tried; a later one is taken when no zone has an earlier one."
  type        = list(string)
  default     = ["g5.xlarge", "g4dn.xlarge"]

  validation {
    condition     = length(var.instance_types) > 0 && length(distinct(var.instance_types)) == length(var.instance_types)
    error_message = "instance_types needs at least one type, and each only once."
  }

  validation {
    condition     = var.allow_other_gpu_families || alltrue([for type in var.instance_types : can(regex("^(g4dn|g5)\\.", type))])
    error_message = "instance_types must be of the g4dn or g5 family; others, such as g6.xlarge, need allow_other_gpu_families = true."
  }
}

variable "allow_other_gpu_families" {
  description = "Admits instance types beyond g4dn and g5, which are the families that the service is specified for."
  type        = bool
  default     = false
}

variable "min_instances" {
  description = "Fewest instances. Below 1 counts as 1: one is always there."
  type        = number
  default     = 1

  validation {
    condition     = var.min_instances >= 0 && floor(var.min_instances) == var.min_instances
    error_message = "min_instances is a whole number, and not negative."
  }
}

variable "max_instances" {
  description = "Most instances, whatever the load."
  type        = number
  default     = 4

  validation {
    condition     = var.max_instances >= max(1, var.min_instances) && floor(var.max_instances) == var.max_instances
    error_message = "max_instances is a whole number of at least 1, and at least min_instances."
  }
}

variable "ami_id" {
  description = "Image of the hosts, pinned; empty: the newest Deep Learning base image (Ubuntu 24.04, NVIDIA driver) when an instance is launched. Pin it in prod."
  type        = string
  default     = ""

  validation {
    condition     = var.ami_id == "" || can(regex("^ami-[0-9a-f]{8,17}$", var.ami_id))
    error_message = "ami_id is empty, or looks like ami-0123456789abcdef0."
  }
}

variable "volume" {
  description = "Root volume (gp3): GB, IOPS, MB/s; initialization_rate in MB/s fills it from the image's snapshot (0: as blocks are read); kms_key_arn empty: the account's EBS key."
  type = object({
    size_gb             = optional(number, 100)
    iops                = optional(number, 6000)
    throughput          = optional(number, 500)
    initialization_rate = optional(number, 300)
    device_name         = optional(string, "/dev/sda1")
    kms_key_arn         = optional(string, "")
  })
  default = {}

  validation {
    condition     = var.volume.size_gb >= 50 && var.volume.size_gb <= 16384
    error_message = "volume.size_gb is 50 to 16384: the image alone needs about 40."
  }

  validation {
    condition     = var.volume.iops >= 3000 && var.volume.iops <= 16000 && var.volume.throughput >= 125 && var.volume.throughput <= 1000
    error_message = "A gp3 volume has 3000 to 16000 IOPS and 125 to 1000 MB/s."
  }

  validation {
    condition     = var.volume.initialization_rate == 0 || (var.volume.initialization_rate >= 100 && var.volume.initialization_rate <= 300)
    error_message = "volume.initialization_rate is 0, or 100 to 300 MB/s."
  }
}

variable "scaling" {
  description = "GPU utilisation in percent: above scale_up_threshold for 3 minutes adds an instance (two from 20 points above it), below scale_down_threshold for 10 minutes removes one. warmup_seconds: how long a new instance is left out of the sums. queue_depth (null: off): as many waiting requests an instance for 3 minutes add one too."
  type = object({
    scale_up_threshold   = optional(number, 70)
    scale_down_threshold = optional(number, 30)
    warmup_seconds       = optional(number, 300)
    queue_depth          = optional(number)
  })
  default = {}

  validation {
    condition     = 0 < var.scaling.scale_down_threshold && var.scaling.scale_down_threshold < var.scaling.scale_up_threshold && var.scaling.scale_up_threshold < 100
    error_message = "scaling needs 0 < scale_down_threshold < scale_up_threshold < 100 percent."
  }

  validation {
    condition     = var.scaling.queue_depth == null ? true : var.scaling.queue_depth > 0
    error_message = "scaling.queue_depth is null or above 0."
  }
}

variable "spot" {
  description = "null: on-demand instances only. Otherwise the first on_demand_base instances are on-demand, of those above on_demand_percentage percent, and the rest is spot."
  type = object({
    on_demand_base       = optional(number, 1)
    on_demand_percentage = optional(number, 0)
  })
  default = null

  validation {
    condition     = var.spot == null ? true : var.spot.on_demand_base >= 0 && var.spot.on_demand_percentage >= 0 && var.spot.on_demand_percentage <= 100
    error_message = "spot.on_demand_base is not negative, spot.on_demand_percentage is 0 to 100."
  }
}

variable "warm_pool" {
  description = "null: none. Otherwise min_size stopped instances that have been set up before are kept ready to start; needs a single instance type and no spot."
  type        = object({ min_size = optional(number, 1) })
  default     = null

  validation {
    condition     = var.warm_pool == null ? true : var.warm_pool.min_size >= 0 && length(var.instance_types) == 1 && var.spot == null
    error_message = "A warm pool needs exactly one instance type, no spot, and a min_size that is not negative."
  }
}

variable "wait_for_capacity_timeout" {
  description = "How long an apply waits for the first hosts to be healthy behind the load balancer, such as 20m; 0 does not wait."
  type        = string
  default     = "20m"

  validation {
    condition     = can(regex("^(0|([0-9]+[hms])+)$", var.wait_for_capacity_timeout))
    error_message = "wait_for_capacity_timeout is a duration such as 20m, or 0."
  }
}

variable "artifacts" {
  description = "What was staged: the bucket, both images by digest, the folder of the weights in the bucket, and the SHA-256 of its manifest."
  type = object({
    bucket         = string
    engine_image   = string
    gateway_image  = string
    weights_key    = string
    weights_sha256 = string
  })

  validation {
    condition = alltrue([
      for image in [var.artifacts.engine_image, var.artifacts.gateway_image] :
      can(regex("^[0-9]{12}\\.dkr\\.ecr\\.[a-z0-9-]+\\.amazonaws\\.com/[a-z0-9][a-z0-9._/-]*@sha256:[0-9a-f]{64}$", image))
    ])
    error_message = "artifacts.engine_image and gateway_image are images in ECR by digest: <account>.dkr.ecr.<region>.amazonaws.com/<repository>@sha256:<64 hex digits>."
  }

  validation {
    condition     = can(regex("^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$", var.artifacts.bucket))
    error_message = "artifacts.bucket is the name of a bucket."
  }

  validation {
    condition     = can(regex("^weights/[A-Za-z0-9][A-Za-z0-9._@-]*$", var.artifacts.weights_key))
    error_message = "artifacts.weights_key is weights/<model>@<revision>, without a slash at the end."
  }

  validation {
    condition     = can(regex("^[0-9a-f]{64}$", var.artifacts.weights_sha256))
    error_message = "artifacts.weights_sha256 has 64 hex digits."
  }
}

variable "model" {
  description = "The model's full name, the name that clients ask for, and the most tokens of prompt and answer together."
  type = object({
    name          = optional(string, "microsoft/Phi-3-mini-4k-instruct")
    served_name   = optional(string, "phi-3-mini")
    max_model_len = optional(number, 4096)
  })
  default = {}

  validation {
    # They are written into shell and YAML files on the hosts.
    condition     = can(regex("^[A-Za-z0-9][A-Za-z0-9._/-]*$", var.model.name)) && can(regex("^[A-Za-z0-9][A-Za-z0-9._-]*$", var.model.served_name))
    error_message = "model.name and model.served_name take letters, digits, dots, hyphens and underscores; model.name also slashes."
  }

  validation {
    condition     = var.model.max_model_len >= 256 && floor(var.model.max_model_len) == var.model.max_model_len
    error_message = "model.max_model_len is a whole number of at least 256 tokens."
  }
}

variable "gateway" {
  description = "The gateway's deadline in milliseconds, requests a minute of one client address, and the origin of the page that may call it."
  type = object({
    request_timeout_ms = optional(number, 30000)
    rate_limit_per_ip  = optional(number, 100)
    cors_origin        = string
  })

  validation {
    condition     = var.gateway.request_timeout_ms >= 1000 && var.gateway.rate_limit_per_ip >= 1
    error_message = "gateway.request_timeout_ms is at least 1000, gateway.rate_limit_per_ip at least 1."
  }

  validation {
    condition     = can(regex("^(\\*|https?://[A-Za-z0-9.-]+(:[0-9]+)?)$", var.gateway.cors_origin))
    error_message = "gateway.cors_origin is an origin such as https://d111111abcdef8.cloudfront.net, without a path, or *."
  }
}

variable "keys_secret_arn" {
  description = "Secret that holds the hashes of API keys; empty: no key is asked for."
  type        = string
  default     = ""

  validation {
    condition     = var.keys_secret_arn == "" || can(regex("^arn:aws[a-z-]*:secretsmanager:", var.keys_secret_arn))
    error_message = "keys_secret_arn is empty or the ARN of a secret."
  }
}

variable "log_groups" {
  description = "Where the gateway, the engine and the host write, by name and ARN (without :* at its end)."
  type = object({
    gateway = object({ name = string, arn = string })
    engine  = object({ name = string, arn = string })
    host    = object({ name = string, arn = string })
  })
}

variable "permissions_boundary_arn" {
  description = "Policy that bounds the hosts' role; empty: none."
  type        = string
  default     = ""

  validation {
    condition     = var.permissions_boundary_arn == "" || can(regex("^arn:aws[a-z-]*:iam::[0-9]{12}:policy/", var.permissions_boundary_arn))
    error_message = "permissions_boundary_arn is empty or the ARN of a policy."
  }
}
