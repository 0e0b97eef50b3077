# The hosts: a launch template, the group that keeps them running, and the role they run as. Scaling is in scaling.tf.

locals {
  # Literals, so that the hosts' configuration can hold them before the group exists.
  asg_name       = "${var.name}-fleet"
  lifecycle_hook = "${var.name}-ready"
  min_size       = max(1, var.min_instances)

  # A parameter is resolved at each launch: no data source at plan time, and a newer image does not change the template.
  image_parameter = "/aws/service/deeplearning/ami/x86_64/base-oss-nvidia-driver-gpu-ubuntu-24.04/latest/ami-id"
  image_id        = var.ami_id != "" ? var.ami_id : "resolve:ssm:${local.image_parameter}"

  # What an Auto Scaling group and the volumes do not take over from the provider by themselves.
  tags = merge(var.tags, { Name = local.asg_name, Environment = var.environment })
}

resource "aws_launch_template" "this" {
  name                   = local.asg_name
  description            = "GPU hosts of ${var.name}"
  update_default_version = true
  image_id               = local.image_id
  instance_type          = var.instance_types[0]
  ebs_optimized          = true
  user_data              = local.user_data_base64

  iam_instance_profile {
    arn = aws_iam_instance_profile.host.arn
  }

  metadata_options {
    http_endpoint = "enabled"
    http_tokens   = "required"
    # One hop ends at the host: containers behind the bridge get no credentials.
    http_put_response_hop_limit = 1
    instance_metadata_tags      = "disabled"
  }

  monitoring {
    enabled = true
  }

  network_interfaces {
    associate_public_ip_address = false
    delete_on_termination       = true
    security_groups             = [var.security_group_id]
  }

  block_device_mappings {
    device_name = var.volume.device_name

    ebs {
      volume_type                = "gp3"
      volume_size                = var.volume.size_gb
      iops                       = var.volume.iops
      throughput                 = var.volume.throughput
      volume_initialization_rate = var.volume.initialization_rate == 0 ? null : var.volume.initialization_rate
      encrypted                  = true
      kms_key_id                 = var.volume.kms_key_arn == "" ? null : var.volume.kms_key_arn
      delete_on_termination      = true
    }
  }

  dynamic "tag_specifications" {
    for_each = toset(["volume", "network-interface"])
    content {
      resource_type = tag_specifications.value
      tags          = local.tags
    }
  }

  tags = { Name = local.asg_name }

  lifecycle {
    precondition {
      # systemd, bash and `docker --env-file` read host.env by different rules for everything else.
      condition     = alltrue([for value in values(local.environment) : can(regex("^[A-Za-z0-9._/:@=+,*-]*$", value))])
      error_message = "A value for the hosts has a character that host.env cannot carry: ${join(", ", [for key, value in local.environment : key if !can(regex("^[A-Za-z0-9._/:@=+,*-]*$", value))])}."
    }

    precondition {
      condition     = length(local.user_data_base64) / 4 * 3 <= 16384
      error_message = "The hosts' user data is ${length(local.user_data_base64) / 4 * 3} bytes packed; EC2 takes 16384."
    }
  }
}

resource "aws_autoscaling_group" "this" {
  name                = local.asg_name
  min_size            = local.min_size
  max_size            = var.max_instances
  vpc_zone_identifier = var.subnet_ids
  target_group_arns   = [var.target_group_arn]

  health_check_type = "ELB"
  # Counts from when the hook lets the host in, so the start of the engine is not part of it.
  health_check_grace_period = 60
  # Hosts of a fallback type go first, then those of an old template.
  termination_policies  = ["AllocationStrategy", "OldestLaunchTemplate", "OldestInstance"]
  protect_from_scale_in = false
  capacity_rebalance    = var.spot != null

  # An apply that ends has a service that answers.
  min_elb_capacity          = local.min_size
  wait_for_capacity_timeout = var.wait_for_capacity_timeout
  # The group goes on to another zone or type after a launch that failed; the apply would end with the first failure.
  ignore_failed_scaling_activities = true

  metrics_granularity = "1Minute"
  enabled_metrics = [
    "GroupMinSize", "GroupMaxSize", "GroupDesiredCapacity",
    "GroupInServiceInstances", "GroupPendingInstances", "GroupTerminatingInstances", "GroupTotalInstances",
  ]

  # A host is registered with the load balancer only once it says that it is ready.
  initial_lifecycle_hook {
    name                 = local.lifecycle_hook
    lifecycle_transition = "autoscaling:EC2_INSTANCE_LAUNCHING"
    heartbeat_timeout    = 600
    default_result       = "ABANDON"
  }

  dynamic "mixed_instances_policy" {
    for_each = var.warm_pool == null ? [1] : []
    content {
      instances_distribution {
        on_demand_allocation_strategy            = "prioritized"
        on_demand_base_capacity                  = var.spot == null ? 0 : var.spot.on_demand_base
        on_demand_percentage_above_base_capacity = var.spot == null ? 100 : var.spot.on_demand_percentage
        spot_allocation_strategy                 = "capacity-optimized-prioritized"
      }

      launch_template {
        launch_template_specification {
          launch_template_id = aws_launch_template.this.id
          version            = aws_launch_template.this.latest_version
        }

        dynamic "override" {
          for_each = var.instance_types
          content {
            instance_type = override.value
          }
        }
      }
    }
  }

  # A warm pool is not to be had together with a mixed instances policy.
  dynamic "launch_template" {
    for_each = var.warm_pool == null ? [] : [1]
    content {
      id      = aws_launch_template.this.id
      version = aws_launch_template.this.latest_version
    }
  }

  dynamic "warm_pool" {
    for_each = var.warm_pool == null ? [] : [var.warm_pool]
    content {
      pool_state = "Stopped"
      min_size   = warm_pool.value.min_size
    }
  }

  instance_maintenance_policy {
    min_healthy_percentage = 100
    max_healthy_percentage = 200
  }

  instance_refresh {
    strategy = "Rolling"

    preferences {
      min_healthy_percentage = 100
      max_healthy_percentage = 200
      # The provider gives the group the new template first and starts the refresh afterwards: what AWS rolls back to is the new template again, for ever.
      auto_rollback = false
    }
  }

  dynamic "tag" {
    for_each = local.tags
    content {
      key                 = tag.key
      value               = tag.value
      propagate_at_launch = true
    }
  }

  # A host that is still starting ends with its hook at the earliest, 16 minutes after its launch, and a group that failed to come up has one.
  timeouts {
    delete = "35m"
  }

  lifecycle {
    # Belongs to the scaling policies.
    ignore_changes = [desired_capacity]
  }

  # A host that boots before it may read its images would give up.
  depends_on = [aws_iam_role_policy.host, aws_iam_role_policy_attachment.session_manager]
}
