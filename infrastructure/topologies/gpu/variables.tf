# Where and what

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
  description = "Environment name: dev, staging or prod."
  type        = string

  validation {
    condition     = contains(["dev", "staging", "prod"], var.environment)
    error_message = "environment must be dev, staging or prod."
  }
}

variable "aws_region" {
  description = "AWS region of everything but the demo's certificate."
  type        = string
  default     = "us-east-1"

  validation {
    condition     = can(regex("^[a-z]{2}(-[a-z]+)+-[1-9]$", var.aws_region))
    error_message = "aws_region must be a region's code, such as us-east-1."
  }
}

variable "account_id" {
  description = "AWS account, 12 digits. A variable and not looked up, so that plans need no account; the provider refuses any other."
  type        = string

  validation {
    condition     = can(regex("^[0-9]{12}$", var.account_id))
    error_message = "account_id must be the 12 digits of an AWS account: aws sts get-caller-identity shows yours."
  }
}

variable "tags" {
  description = "Tags of every resource, besides Project, Environment, Topology, Deployment and ManagedBy."
  type        = map(string)
  default     = {}

  validation {
    condition     = length(setintersection([for key in keys(var.tags) : lower(key)], ["project", "environment", "topology", "deployment", "managedby"])) == 0 && length(var.tags) <= 5
    error_message = "Project, Environment, Topology, Deployment and ManagedBy are set by the topology (IAM takes a key once, in whatever case), and five more is what an object in a bucket takes."
  }

  validation {
    condition     = alltrue([for key, value in var.tags : can(regex("^[A-Za-z0-9 _.:/=+@-]{1,128}$", key)) && can(regex("^[A-Za-z0-9 _.:/=+@-]{0,256}$", value)) && !startswith(lower(key), "aws:")])
    error_message = "Keys of tags take up to 128 letters, digits, spaces and _.:/=+-@, values up to 256 of them, which is what every service takes; keys that begin with aws: are AWS's."
  }
}

variable "permissions_boundary_arn" {
  description = "Permissions boundary of every role, from the bootstrap root; empty: none. The deploy role may only make roles that carry it."
  type        = string
  default     = ""

  validation {
    condition     = var.permissions_boundary_arn == "" || can(regex("^arn:aws[a-z-]*:iam::[0-9]{12}:policy/.+$", var.permissions_boundary_arn))
    error_message = "permissions_boundary_arn must be the ARN of an IAM policy, or empty."
  }
}

# Network

variable "vpc_cidr" {
  description = "IPv4 range of the VPC, /16 to /22."
  type        = string
  default     = "10.0.0.0/16"

  validation {
    condition     = try(cidrsubnet(var.vpc_cidr, 0, 0) == var.vpc_cidr, false) && can(regex("^[0-9.]+/(1[6-9]|2[0-2])$", var.vpc_cidr))
    error_message = "vpc_cidr must be an IPv4 range of /16 to /22 that begins at its own first address, such as 10.0.0.0/16."
  }
}

variable "availability_zones" {
  description = "Two to four zones to spread over, each of the region. Some take no VPC link, such as use1-az3 of us-east-1: `sluice preflight` tells."
  type        = list(string)

  validation {
    condition     = length(var.availability_zones) >= 2 && length(var.availability_zones) <= 4 && length(distinct(var.availability_zones)) == length(var.availability_zones)
    error_message = "availability_zones needs two to four different zones: a load balancer takes no fewer, and each takes a quarter of vpc_cidr."
  }

  validation {
    condition     = alltrue([for zone in var.availability_zones : can(regex("^${var.aws_region}[a-z]$", zone))])
    error_message = "Every zone must be aws_region and a letter, such as us-east-1a."
  }
}

variable "egress_mode" {
  description = "How hosts reach AWS: endpoints (interface endpoints in every zone, no way to the internet), or nat (one NAT gateway; cheaper for small environments)."
  type        = string
  default     = "endpoints"

  validation {
    condition     = contains(["endpoints", "nat"], var.egress_mode)
    error_message = "egress_mode must be endpoints or nat."
  }
}

# Model and fleet

variable "artifacts" {
  description = "What the hosts start: bucket with the weights, both images by digest, key of the weights' folder, SHA-256 of its manifest.sha256. `sluice stage` makes them and `sluice deploy` passes them on."
  type = object({
    bucket         = string
    engine_image   = string
    gateway_image  = string
    weights_key    = string
    weights_sha256 = string
  })

  validation {
    condition     = alltrue([for image in [var.artifacts.engine_image, var.artifacts.gateway_image] : can(regex("@sha256:[0-9a-f]{64}$", image))])
    error_message = "Both images must be given by digest (…@sha256:<64 hex digits>). None there yet? Run `sluice stage gpu` first."
  }

  validation {
    condition     = can(regex("^weights/[^/]+$", var.artifacts.weights_key)) && can(regex("^[0-9a-f]{64}$", var.artifacts.weights_sha256)) && can(regex("^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$", var.artifacts.bucket))
    error_message = "bucket, weights_key (weights/<model>@<revision>) and weights_sha256 (64 hex digits) must say where the staged weights lie. None there yet? Run `sluice stage gpu` first."
  }
}

variable "model_name" {
  description = "Model identifier on its hub; an alias under which clients may ask for it."
  type        = string
  default     = "microsoft/Phi-3-mini-4k-instruct"

  validation {
    condition     = can(regex("^[A-Za-z0-9][\\w.-]*/[\\w.-]+$", var.model_name))
    error_message = "model_name must be <organisation>/<model>."
  }
}

variable "served_model_name" {
  description = "Name that clients send."
  type        = string
  default     = "phi-3-mini"

  validation {
    condition     = can(regex("^[A-Za-z0-9][\\w.-]{0,63}$", var.served_model_name))
    error_message = "served_model_name takes up to 64 letters, digits, dots, hyphens and underscores."
  }
}

variable "max_model_len" {
  description = "Tokens that one request may have, prompt and answer together."
  type        = number
  default     = 4096

  validation {
    condition     = var.max_model_len >= 256 && var.max_model_len <= 131072 && floor(var.max_model_len) == var.max_model_len
    error_message = "max_model_len must be a whole number from 256 to 131072."
  }
}

variable "instance_type" {
  description = "First choice of GPU instance."
  type        = string
  default     = "g5.xlarge"
}

variable "fallback_instance_types" {
  description = "Further choices in order, for when the first has no capacity."
  type        = list(string)
  default     = ["g4dn.xlarge"]

  validation {
    condition     = var.allow_other_gpu_families || alltrue([for type in concat([var.instance_type], var.fallback_instance_types) : can(regex("^(g4dn|g5)\\.", type))])
    error_message = "instance_type and fallback_instance_types must be of the g4dn or g5 family; others, such as g6.xlarge, need allow_other_gpu_families = true."
  }
}

variable "allow_other_gpu_families" {
  description = "Whether instance types besides g4dn and g5 are taken, such as g6."
  type        = bool
  default     = false
}

variable "min_instances" {
  description = "Fewest GPU hosts. 0 counts as 1: one always runs."
  type        = number
  default     = 1

  validation {
    condition     = var.min_instances >= 0 && floor(var.min_instances) == var.min_instances
    error_message = "min_instances must be a whole number."
  }
}

variable "max_instances" {
  description = "Most GPU hosts."
  type        = number
  default     = 4

  validation {
    condition     = var.max_instances >= max(1, var.min_instances) && var.max_instances <= 100 && floor(var.max_instances) == var.max_instances
    error_message = "max_instances must be a whole number from min_instances (at least 1) to 100."
  }
}

variable "scale_up_threshold" {
  description = "GPU utilisation above which hosts are added after 3 minutes, percent."
  type        = number
  default     = 70

  validation {
    condition     = var.scale_up_threshold > var.scale_down_threshold && var.scale_up_threshold <= 99
    error_message = "scale_up_threshold must be above scale_down_threshold and at most 99 percent."
  }
}

variable "scale_down_threshold" {
  description = "GPU utilisation below which a host is removed after 10 minutes, percent."
  type        = number
  default     = 30

  validation {
    condition     = var.scale_down_threshold >= 1
    error_message = "scale_down_threshold must be at least 1 percent."
  }
}

variable "ami_id" {
  description = "Machine image of GPU hosts; empty: AWS's newest GPU base image (Ubuntu 24.04), resolved when a host starts. Pin it in prod."
  type        = string
  default     = ""

  validation {
    condition     = var.ami_id == "" || can(regex("^ami-[0-9a-f]{8,17}$", var.ami_id))
    error_message = "ami_id must be empty or look like ami-0123456789abcdef0."
  }
}

variable "root_volume_gb" {
  description = "Disk of a GPU host in GB: the machine image and the engine's image, packed and unpacked, take up to 90."
  type        = number
  default     = 125

  validation {
    condition     = var.root_volume_gb >= 100 && var.root_volume_gb <= 16384 && floor(var.root_volume_gb) == var.root_volume_gb
    error_message = "root_volume_gb must be a whole number from 100 to 16384."
  }
}

variable "scale_up_queue_depth" {
  description = "Waiting requests an instance that add one too after 3 minutes; null: only utilisation counts."
  type        = number
  default     = null

  validation {
    condition     = var.scale_up_queue_depth == null ? true : var.scale_up_queue_depth > 0
    error_message = "scale_up_queue_depth must be above 0, or null."
  }
}

variable "spot" {
  description = "null: on-demand hosts only. Otherwise the first on_demand_base hosts are on demand, and of those above on_demand_percentage percent; the rest is spot."
  type = object({
    on_demand_base       = optional(number, 1)
    on_demand_percentage = optional(number, 0)
  })
  default = null

  validation {
    condition     = var.spot == null ? true : var.spot.on_demand_base >= 0 && var.spot.on_demand_percentage >= 0 && var.spot.on_demand_percentage <= 100
    error_message = "spot.on_demand_base must not be negative, spot.on_demand_percentage 0 to 100."
  }
}

variable "warm_pool" {
  description = "Stopped hosts that are ready to start, for faster scaling; null: none. Their volumes are paid for."
  type        = object({ min_size = optional(number, 1) })
  default     = null

  validation {
    condition     = var.warm_pool == null ? true : var.warm_pool.min_size >= 0 && length(setsubtract(var.fallback_instance_types, [var.instance_type])) == 0 && var.spot == null
    error_message = "warm_pool needs a single instance type (fallback_instance_types = []), no spot, and a min_size that is not negative."
  }
}

variable "wait_for_capacity_timeout" {
  description = "How long an apply waits for the first healthy host, such as 20m; \"0\": not at all."
  type        = string
  default     = "20m"

  validation {
    condition     = can(regex("^(0|([0-9]+[hms])+)$", var.wait_for_capacity_timeout))
    error_message = "wait_for_capacity_timeout must be a duration such as 20m, or 0."
  }
}

variable "enable_standby_responder" {
  description = "A small host that answers 503 with Retry-After while no GPU host can: a load balancer by itself answers without that header."
  type        = bool
  default     = true
}

# API

variable "rate_limit_per_ip" {
  description = "Requests that one client address may make in 60 seconds."
  type        = number
  default     = 100

  validation {
    condition     = var.rate_limit_per_ip >= 10 && var.rate_limit_per_ip <= 2000000000 && floor(var.rate_limit_per_ip) == var.rate_limit_per_ip
    error_message = "rate_limit_per_ip must be a whole number of at least 10: WAF takes no lower limit."
  }
}

variable "request_timeout_ms" {
  description = "Time to the whole answer, or to the first token of a stream, after which clients get 504. Milliseconds."
  type        = number
  default     = 30000

  validation {
    condition     = var.request_timeout_ms >= 1000 && var.request_timeout_ms <= 110000
    error_message = "request_timeout_ms must be from 1000 to 110000: the load balancer gives up after 120 seconds."
  }
}

variable "api_key_required" {
  description = "Whether inference needs an API key. If so, pass api_keys (a YAML list of hashed keys) at the first apply and at each rotation."
  type        = bool
  default     = false
}

variable "api_keys" {
  description = "The gateway's `keys:` file as YAML, with hashes of keys. Stored as a secret by a write-only argument: it is in no state and no plan."
  type        = string
  default     = null
  ephemeral   = true
  sensitive   = true
}

variable "api_keys_version" {
  description = "Raise it to have api_keys written again: write-only values cannot be compared."
  type        = number
  default     = 1

  validation {
    condition     = var.api_keys_version >= 1 && floor(var.api_keys_version) == var.api_keys_version
    error_message = "api_keys_version must be a whole number of at least 1."
  }
}

variable "certificate_arn" {
  description = "ACM certificate of aws_region for the load balancer, and for domain_name if that is set; empty: the API is reached under its own HTTPS name, and the load balancer, which only the VPC link reaches, speaks HTTP."
  type        = string
  default     = ""

  validation {
    condition     = var.certificate_arn == "" || can(regex("^arn:aws[a-z-]*:acm:[a-z0-9-]+:[0-9]{12}:certificate/[0-9a-f-]{36}$", var.certificate_arn))
    error_message = "certificate_arn must be empty or the ARN of an ACM certificate: arn:aws:acm:<region>:<account>:certificate/<id>."
  }

  validation {
    condition     = var.certificate_arn == "" || strcontains(var.certificate_arn, ":acm:${var.aws_region}:")
    error_message = "certificate_arn must be a certificate of aws_region: load balancers and regional domains take no other."
  }
}

variable "alb_server_name" {
  description = "A name that the certificate is valid for; API Gateway checks it when it connects to the load balancer. Needed with certificate_arn; it need not resolve."
  type        = string
  default     = ""

  validation {
    condition     = (var.alb_server_name == "") == (var.certificate_arn == "")
    error_message = "alb_server_name and certificate_arn belong together: give both or none."
  }

  validation {
    condition     = can(regex("^(([a-z0-9]([a-z0-9-]*[a-z0-9])?\\.)+[a-z]{2,})?$", var.alb_server_name))
    error_message = "alb_server_name must be a host name in lower case, such as llm.example.com."
  }
}

variable "domain_name" {
  description = "Own domain of the API; empty: none. Needs certificate_arn."
  type        = string
  default     = ""

  validation {
    condition     = var.domain_name == "" || var.certificate_arn != ""
    error_message = "domain_name needs certificate_arn, a certificate for that name in aws_region."
  }

  validation {
    condition     = can(regex("^(([a-z0-9]([a-z0-9-]*[a-z0-9])?\\.)+[a-z]{2,})?$", var.domain_name))
    error_message = "domain_name must be a host name in lower case, such as api.example.com."
  }
}

variable "hosted_zone_id" {
  description = "Route 53 zone in which domain_name gets its record; empty: you make the record, to the output api_domain_target."
  type        = string
  default     = ""

  validation {
    condition     = var.hosted_zone_id == "" || (var.domain_name != "" && can(regex("^Z[A-Z0-9]+$", var.hosted_zone_id)))
    error_message = "hosted_zone_id must look like Z0123456789ABC and needs domain_name."
  }
}

# Demo

variable "enable_demo" {
  description = "Whether the public demo page is made."
  type        = bool
  default     = true
}

variable "demo_files_directory" {
  description = "Built pages; empty: web/dist of this checkout, which `npm ci` builds."
  type        = string
  default     = ""
}

variable "demo_domain_name" {
  description = "Own domain of the demo; empty: CloudFront's name."
  type        = string
  default     = ""

  validation {
    condition     = can(regex("^(([a-z0-9]([a-z0-9-]*[a-z0-9])?\\.)+[a-z]{2,})?$", var.demo_domain_name))
    error_message = "demo_domain_name must be a host name in lower case, such as demo.example.com."
  }
}

variable "demo_certificate_arn" {
  description = "ACM certificate of us-east-1 for demo_domain_name: CloudFront takes no other region's."
  type        = string
  default     = ""

  validation {
    condition     = (var.demo_certificate_arn == "") == (var.demo_domain_name == "") && (var.demo_certificate_arn == "" || can(regex("^arn:aws[a-z-]*:acm:us-east-1:[0-9]{12}:certificate/", var.demo_certificate_arn)))
    error_message = "demo_domain_name and demo_certificate_arn belong together, and the certificate must be of us-east-1."
  }
}

variable "cors_allowed_origin" {
  description = "Origin of web pages that may call the API, such as https://app.example.com; empty: the demo's."
  type        = string
  default     = ""

  validation {
    condition     = var.cors_allowed_origin == "" || var.cors_allowed_origin == "*" || can(regex("^https://[a-z0-9.-]+(:[0-9]+)?$", var.cors_allowed_origin))
    error_message = "cors_allowed_origin must be empty, * or an origin without a path, such as https://app.example.com."
  }
}

# Monitoring

variable "retention_days" {
  description = "Days that logs are kept: one of CloudWatch's steps, 30 at least."
  type        = number
  default     = 30

  validation {
    condition     = contains([30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653], var.retention_days)
    error_message = "retention_days must be one of CloudWatch's and at least 30: 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288 or 3653."
  }
}

variable "sns_topic_arn" {
  description = "Topic that alarms go to; empty: an own topic is made."
  type        = string
  default     = ""

  validation {
    condition     = var.sns_topic_arn == "" || can(regex("^arn:aws[a-z-]*:sns:[a-z0-9-]+:[0-9]{12}:[\\w-]+$", var.sns_topic_arn))
    error_message = "sns_topic_arn must be empty or the ARN of an SNS topic."
  }
}

variable "alarm_email" {
  description = "Address that is subscribed to the own topic; it must confirm. Empty: nobody."
  type        = string
  default     = ""

  validation {
    condition     = var.alarm_email == "" || (can(regex("^[^@\\s]+@[^@\\s]+\\.[^@\\s]+$", var.alarm_email)) && var.sns_topic_arn == "")
    error_message = "alarm_email must be an e-mail address, and only goes with the own topic (empty sns_topic_arn)."
  }
}

variable "budget_usd_month" {
  description = "US dollars a month: an alarm is raised when the last hours, gone on for a month, would cost more; null: none."
  type        = number
  default     = null

  validation {
    condition     = var.budget_usd_month == null ? true : var.budget_usd_month > 0
    error_message = "budget_usd_month must be above 0, or null."
  }
}

variable "deletion_protection" {
  description = "Whether the load balancer refuses to be deleted; null: in prod."
  type        = bool
  default     = null
}
