variable "name" {
  description = "Prefix of every resource, such as llm-dev-gpu."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,26}$", var.name))
    error_message = "name takes 2 to 27 lower-case letters, digits and hyphens, and begins with a letter."
  }
}

variable "environment" {
  description = "dev, staging or prod: the dimension Environment of the gateway's metrics."
  type        = string

  validation {
    condition     = contains(["dev", "staging", "prod"], var.environment)
    error_message = "environment is dev, staging or prod."
  }
}

variable "aws_region" {
  description = "Region of the metrics, such as us-east-1."
  type        = string

  validation {
    condition     = can(regex("^[a-z]{2}(-[a-z]+)+-[0-9]$", var.aws_region))
    error_message = "aws_region is a region's code, such as us-east-1."
  }
}

variable "account_id" {
  description = "The account's 12 digits; only its alarms may publish to the topic."
  type        = string

  validation {
    condition     = can(regex("^[0-9]{12}$", var.account_id))
    error_message = "account_id has 12 digits."
  }
}

variable "retention_days" {
  description = "How many days the log groups are kept. One of the numbers that CloudWatch knows, and at least 30."
  type        = number
  default     = 30

  validation {
    condition     = contains([30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653], var.retention_days)
    error_message = "retention_days is 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288 or 3653."
  }
}

variable "kms_key_arn" {
  description = "Key for the log groups and the own topic; empty: the keys that AWS owns for logs, none for the topic. Its policy must let logs.<region>, cloudwatch and events.amazonaws.com use it."
  type        = string
  default     = ""

  validation {
    condition     = var.kms_key_arn == "" || can(regex("^arn:aws[a-z-]*:kms:", var.kms_key_arn))
    error_message = "kms_key_arn is empty or the ARN of a key."
  }
}

variable "asg_name" {
  description = "Auto Scaling group of the GPU hosts."
  type        = string
}

variable "scale_out_alarm_name" {
  description = "Alarm that adds instances; with the group at its maximum it says that there is more load than the limit allows."
  type        = string
}

variable "alb_arn_suffix" {
  description = "Load balancer in CloudWatch's form: app/<name>/<id>."
  type        = string
}

variable "target_group_arn_suffix" {
  description = "Target group in CloudWatch's form: targetgroup/<name>/<id>."
  type        = string
}

variable "api_name" {
  description = "Name of the REST API."
  type        = string
}

variable "stage_name" {
  description = "Stage of the REST API."
  type        = string
}

variable "web_acl_name" {
  description = "Metric name of the web ACL."
  type        = string
}

variable "max_instances" {
  description = "The fleet's limit."
  type        = number

  validation {
    condition     = var.max_instances >= 1
    error_message = "max_instances is at least 1."
  }
}

variable "thresholds" {
  description = "When to raise an alarm: p99 of the latency in ms, share of answers with a 5xx status (0 to 1), and seconds from the gateway's start to a loaded model."
  type = object({
    latency_p99_ms       = optional(number, 5000)
    error_rate           = optional(number, 0.05)
    engine_ready_seconds = optional(number, 300)
  })
  default = {}

  validation {
    condition     = var.thresholds.latency_p99_ms > 0 && var.thresholds.engine_ready_seconds > 0
    error_message = "thresholds.latency_p99_ms and engine_ready_seconds are above 0."
  }

  validation {
    condition     = var.thresholds.error_rate > 0 && var.thresholds.error_rate < 1
    error_message = "thresholds.error_rate is a share between 0 and 1: 0.05 is 5 %."
  }
}

variable "cost_constants" {
  description = "US dollars: an hour of one GPU instance, an hour of everything else that always runs, and one request."
  type        = object({ instance_hour = number, fixed_hour = number, request = number })

  validation {
    condition     = alltrue([for value in values(var.cost_constants) : value >= 0])
    error_message = "cost_constants cannot be negative."
  }
}

variable "budget_usd_month" {
  description = "US dollars a month: an alarm is raised when the last three hours, gone on for a month, would cost more; null: none."
  type        = number
  default     = null

  validation {
    condition     = var.budget_usd_month == null ? true : var.budget_usd_month > 0
    error_message = "budget_usd_month is null or above 0."
  }
}

variable "sns_topic_arn" {
  description = "Topic that hears of alarms; empty: an own one. A given one must let cloudwatch.amazonaws.com and events.amazonaws.com publish."
  type        = string
  default     = ""

  validation {
    condition     = var.sns_topic_arn == "" || can(regex("^arn:aws[a-z-]*:sns:[a-z0-9-]+:[0-9]{12}:", var.sns_topic_arn))
    error_message = "sns_topic_arn is empty or the ARN of a topic."
  }
}

variable "alarm_email" {
  description = "Address that is subscribed to the own topic, and must confirm by the link it is sent; empty: none."
  type        = string
  default     = ""

  validation {
    condition     = var.alarm_email == "" || can(regex("^[^@ ]+@[^@ ]+\\.[^@ ]+$", var.alarm_email))
    error_message = "alarm_email is empty or an e-mail address."
  }

  validation {
    condition     = var.alarm_email == "" || var.sns_topic_arn == ""
    error_message = "alarm_email subscribes to the own topic only: leave sns_topic_arn empty, or subscribe the address to the given topic yourself."
  }
}
