mock_provider "aws" {
  mock_resource "aws_iam_instance_profile" {
    defaults = { arn = "arn:aws:iam::123456789012:instance-profile/llm/x" }
  }
  mock_resource "aws_iam_role" {
    defaults = { arn = "arn:aws:iam::123456789012:role/llm/x" }
  }
  mock_resource "aws_launch_template" {
    defaults = { id = "lt-0123456789abcdef0", latest_version = 1 }
  }
  mock_resource "aws_autoscaling_policy" {
    defaults = { arn = "arn:aws:autoscaling:us-east-1:123456789012:scalingPolicy:1b2c:autoScalingGroupName/x:policyName/y" }
  }
}

variables {
  name              = "llm-dev-gpu"
  environment       = "dev"
  tags              = { Project = "llm", Topology = "gpu" }
  aws_region        = "us-east-1"
  account_id        = "123456789012"
  subnet_ids        = ["subnet-0a", "subnet-0b"]
  security_group_id = "sg-0123456789abcdef0"
  target_group_arn  = "arn:aws:elasticloadbalancing:us-east-1:123456789012:targetgroup/llm-dev-gpu/50dc6c495c0c9188"
  artifacts = {
    bucket         = "llm-dev-gpu-artifacts-123456789012"
    engine_image   = "123456789012.dkr.ecr.us-east-1.amazonaws.com/llm-dev-gpu/engine@sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
    gateway_image  = "123456789012.dkr.ecr.us-east-1.amazonaws.com/llm-dev-gpu/gateway@sha256:bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
    weights_key    = "weights/microsoft--Phi-3-mini-4k-instruct@0a67737cc96d2554230f90338b163bc6380a2a85"
    weights_sha256 = "cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc"
  }
  gateway = { cors_origin = "https://d111111abcdef8.cloudfront.net" }
  log_groups = {
    gateway = { name = "/llm/llm-dev-gpu/gateway", arn = "arn:aws:logs:us-east-1:123456789012:log-group:/llm/llm-dev-gpu/gateway" }
    engine  = { name = "/llm/llm-dev-gpu/engine", arn = "arn:aws:logs:us-east-1:123456789012:log-group:/llm/llm-dev-gpu/engine" }
    host    = { name = "/llm/llm-dev-gpu/host", arn = "arn:aws:logs:us-east-1:123456789012:log-group:/llm/llm-dev-gpu/host" }
  }
}

run "as_it_is_by_default" {
  # Feature: llm-inference-service, Property 2: names and tags carry the environment
  assert {
    condition = alltrue([
      for name in concat(
        [
          aws_launch_template.this.name, aws_autoscaling_group.this.name, aws_iam_role.host.name, aws_iam_role_policy.host.name,
          aws_iam_instance_profile.host.name, aws_autoscaling_policy.out.name, aws_autoscaling_policy.in.name,
          aws_cloudwatch_metric_alarm.gpu_high.alarm_name, aws_cloudwatch_metric_alarm.gpu_low.alarm_name,
        ],
        [for hook in aws_autoscaling_group.this.initial_lifecycle_hook : hook.name],
        [for tag in aws_autoscaling_group.this.tag : tag.value if tag.key == "Name"],
      ) : startswith(name, "llm-dev-gpu-")
    ])
    error_message = "A name does not begin with llm-dev-gpu-."
  }

  assert {
    condition = (
      { for tag in aws_autoscaling_group.this.tag : tag.key => tag.value } == { Name = "llm-dev-gpu-fleet", Environment = "dev", Project = "llm", Topology = "gpu" }
      && alltrue([for tag in aws_autoscaling_group.this.tag : tag.propagate_at_launch])
    )
    error_message = "Instances carry the provider's tags, the environment and a name: ${jsonencode(aws_autoscaling_group.this.tag)}"
  }

  assert {
    condition     = { for tags in aws_launch_template.this.tag_specifications : tags.resource_type => tags.tags["Environment"] } == { volume = "dev", network-interface = "dev" }
    error_message = jsonencode(aws_launch_template.this.tag_specifications)
  }

  # Feature: llm-inference-service, Property 3: at least one instance
  assert {
    condition     = aws_autoscaling_group.this.min_size == 1 && aws_autoscaling_group.this.max_size == 4 && aws_autoscaling_group.this.min_elb_capacity == 1
    error_message = "1 to 4 instances by default."
  }

  # R3.1: above 70 % for 3 minutes
  assert {
    condition = (
      aws_cloudwatch_metric_alarm.gpu_high.namespace == "LLMInference" && aws_cloudwatch_metric_alarm.gpu_high.metric_name == "GPUUtilization"
      && aws_cloudwatch_metric_alarm.gpu_high.dimensions == tomap({ AutoScalingGroupName = "llm-dev-gpu-fleet" })
      && aws_cloudwatch_metric_alarm.gpu_high.statistic == "Average"
      && aws_cloudwatch_metric_alarm.gpu_high.comparison_operator == "GreaterThanThreshold" && aws_cloudwatch_metric_alarm.gpu_high.threshold == 70
      && aws_cloudwatch_metric_alarm.gpu_high.period * aws_cloudwatch_metric_alarm.gpu_high.evaluation_periods == 180
      && aws_cloudwatch_metric_alarm.gpu_high.datapoints_to_alarm == 3
      && aws_cloudwatch_metric_alarm.gpu_high.treat_missing_data == "notBreaching"
      && aws_cloudwatch_metric_alarm.gpu_high.alarm_actions == toset([aws_autoscaling_policy.out.arn])
    )
    error_message = jsonencode(aws_cloudwatch_metric_alarm.gpu_high)
  }

  assert {
    condition = (
      aws_autoscaling_policy.out.policy_type == "StepScaling" && aws_autoscaling_policy.out.adjustment_type == "ChangeInCapacity"
      && aws_autoscaling_policy.out.estimated_instance_warmup == 300
      && toset([for step in aws_autoscaling_policy.out.step_adjustment : "${tonumber(step.metric_interval_lower_bound)} ${coalesce(step.metric_interval_upper_bound, "-")} ${step.scaling_adjustment}"]) == toset(["0 20 1", "20 - 2"])
    )
    error_message = jsonencode(aws_autoscaling_policy.out.step_adjustment)
  }

  # R3.2: below 30 % for 10 minutes
  assert {
    condition = (
      aws_cloudwatch_metric_alarm.gpu_low.metric_name == "GPUUtilization" && aws_cloudwatch_metric_alarm.gpu_low.statistic == "Average"
      && aws_cloudwatch_metric_alarm.gpu_low.dimensions == tomap({ AutoScalingGroupName = "llm-dev-gpu-fleet" })
      && aws_cloudwatch_metric_alarm.gpu_low.comparison_operator == "LessThanThreshold" && aws_cloudwatch_metric_alarm.gpu_low.threshold == 30
      && aws_cloudwatch_metric_alarm.gpu_low.period * aws_cloudwatch_metric_alarm.gpu_low.evaluation_periods == 600
      && aws_cloudwatch_metric_alarm.gpu_low.datapoints_to_alarm == 10
      && aws_cloudwatch_metric_alarm.gpu_low.treat_missing_data == "notBreaching"
    )
    error_message = jsonencode(aws_cloudwatch_metric_alarm.gpu_low)
  }

  assert {
    condition     = aws_autoscaling_policy.in.policy_type == "SimpleScaling" && aws_autoscaling_policy.in.scaling_adjustment == -1 && aws_autoscaling_policy.in.cooldown == 600
    error_message = "In by one, then ten minutes of rest: a step policy would remove a host a minute."
  }

  assert {
    condition     = length(aws_autoscaling_policy.queue) == 0 && length(aws_cloudwatch_metric_alarm.queue) == 0
    error_message = "Scaling on waiting requests is off by default."
  }

  # The order of the types, on demand only.
  assert {
    condition = (
      aws_autoscaling_group.this.mixed_instances_policy[0].launch_template[0].override[*].instance_type == tolist(["g5.xlarge", "g4dn.xlarge"])
      && aws_autoscaling_group.this.mixed_instances_policy[0].instances_distribution[0].on_demand_allocation_strategy == "prioritized"
      && aws_autoscaling_group.this.mixed_instances_policy[0].instances_distribution[0].on_demand_percentage_above_base_capacity == 100
      && !aws_autoscaling_group.this.capacity_rebalance
    )
    error_message = jsonencode(aws_autoscaling_group.this.mixed_instances_policy)
  }

  assert {
    condition = (
      aws_autoscaling_group.this.health_check_type == "ELB"
      && [for hook in aws_autoscaling_group.this.initial_lifecycle_hook : hook.lifecycle_transition] == ["autoscaling:EC2_INSTANCE_LAUNCHING"]
      && [for hook in aws_autoscaling_group.this.initial_lifecycle_hook : hook.heartbeat_timeout] == [600]
      && [for hook in aws_autoscaling_group.this.initial_lifecycle_hook : hook.default_result] == ["ABANDON"]
      && contains(aws_autoscaling_group.this.enabled_metrics, "GroupInServiceInstances")
      && aws_autoscaling_group.this.vpc_zone_identifier == toset(["subnet-0a", "subnet-0b"])
      && aws_autoscaling_group.this.wait_for_capacity_timeout == "20m" && aws_autoscaling_group.this.timeouts.delete == "35m"
      && aws_autoscaling_group.this.ignore_failed_scaling_activities
    )
    error_message = "The group does not hold what the host and the alarms count on."
  }

  assert {
    condition = (
      aws_launch_template.this.metadata_options[0].http_tokens == "required" && aws_launch_template.this.metadata_options[0].http_put_response_hop_limit == 1
      && aws_launch_template.this.network_interfaces[0].associate_public_ip_address == "false"
      && tobool(aws_launch_template.this.block_device_mappings[0].ebs[0].encrypted)
      && aws_launch_template.this.block_device_mappings[0].ebs[0].volume_initialization_rate == 300
      && aws_launch_template.this.monitoring[0].enabled
    )
    error_message = "Metadata for the host alone, no public address, an encrypted volume, metrics each minute."
  }

  assert {
    condition     = startswith(aws_launch_template.this.image_id, "resolve:ssm:/aws/service/deeplearning/ami/x86_64/")
    error_message = "Without ami_id the newest image is taken at launch."
  }

  # What the host's policy allows, and on what.
  assert {
    condition = toset(flatten(jsondecode(aws_iam_role_policy.host.policy).Statement[*].Action)) == toset([
      "s3:GetObject", "s3:ListBucket", "ecr:GetAuthorizationToken", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer", "ecr:BatchCheckLayerAvailability",
      "logs:CreateLogStream", "logs:PutLogEvents", "cloudwatch:PutMetricData",
      "autoscaling:CompleteLifecycleAction", "autoscaling:RecordLifecycleActionHeartbeat",
    ])
    error_message = aws_iam_role_policy.host.policy
  }

  assert {
    condition     = [for statement in jsondecode(aws_iam_role_policy.host.policy).Statement : statement.Action if contains(statement.Resource, "*")] == [["ecr:GetAuthorizationToken"], ["cloudwatch:PutMetricData"]]
    error_message = "Only what has no resource in AWS may be allowed on all: ${aws_iam_role_policy.host.policy}"
  }

  assert {
    condition = (
      one([for statement in jsondecode(aws_iam_role_policy.host.policy).Statement : statement.Condition.StringEquals["cloudwatch:namespace"] if statement.Sid == "PutMetrics"]) == "LLMInference"
      && one([for statement in jsondecode(aws_iam_role_policy.host.policy).Statement : statement.Resource if statement.Sid == "SayReady"]) == ["arn:aws:autoscaling:us-east-1:123456789012:autoScalingGroup:*:autoScalingGroupName/llm-dev-gpu-fleet"]
      && one([for statement in jsondecode(aws_iam_role_policy.host.policy).Statement : statement.Resource if statement.Sid == "PullImages"]) == ["arn:aws:ecr:us-east-1:123456789012:repository/llm-dev-gpu/engine", "arn:aws:ecr:us-east-1:123456789012:repository/llm-dev-gpu/gateway"]
      && one([for statement in jsondecode(aws_iam_role_policy.host.policy).Statement : statement.Resource if statement.Sid == "WriteLogs"]) == [for part in ["gateway", "engine", "host"] : "arn:aws:logs:us-east-1:123456789012:log-group:/llm/llm-dev-gpu/${part}:*"]
    )
    error_message = aws_iam_role_policy.host.policy
  }

  assert {
    condition     = aws_iam_role.host.path == "/llm/" && aws_iam_role.host.permissions_boundary == null
    error_message = "The role lies where the deploy role may make it."
  }

  assert {
    condition     = length(aws_launch_template.this.user_data) / 4 * 3 < 16384
    error_message = "User data is ${length(aws_launch_template.this.user_data) / 4 * 3} bytes; EC2 takes 16384."
  }

  assert {
    condition = (
      strcontains(local.user_data, "LLM_WEIGHTS_URI=s3://llm-dev-gpu-artifacts-123456789012/weights/microsoft--Phi-3-mini-4k-instruct@")
      && strcontains(local.user_data, "LLM_COMPILE_CACHE_URI=s3://llm-dev-gpu-artifacts-123456789012/compile-cache/aaaaaaaa")
      && strcontains(local.user_data, "LLM_ASG_NAME=llm-dev-gpu-fleet") && strcontains(local.user_data, "LLM_LIFECYCLE_HOOK=llm-dev-gpu-ready")
      && strcontains(local.user_data, "LLM_REQUEST_TIMEOUT_MS=30000") && strcontains(local.user_data, "LLM_RATE_LIMIT_PER_IP=100")
    )
    error_message = "The host is not told what it needs."
  }

  assert {
    condition     = output.asg_name == aws_autoscaling_group.this.name && output.scale_out_alarm_name == "llm-dev-gpu-gpu-high" && output.launch_template_id == "lt-0123456789abcdef0" && output.billed == { alarms = 2, custom_metrics = ["GPUUtilization AutoScalingGroupName"] }
    error_message = "Outputs name what was made."
  }
}

# Feature: llm-inference-service, Property 3: at least one instance, also when none is asked for
run "never_fewer_than_one_instance" {
  command = plan
  variables {
    min_instances = 0
  }

  assert {
    condition     = aws_autoscaling_group.this.min_size == 1
    error_message = "min_size is ${aws_autoscaling_group.this.min_size}."
  }
}

# Feature: llm-inference-service, Property 3: and as many as are asked for
run "as_many_as_asked_for" {
  command = plan
  variables {
    min_instances = 3
    max_instances = 3
  }

  assert {
    condition     = aws_autoscaling_group.this.min_size == 3 && aws_autoscaling_group.this.max_size == 3
    error_message = "3 to 3 instances."
  }
}

run "everything_that_is_optional" {
  command = plan
  variables {
    environment              = "prod"
    ami_id                   = "ami-0123456789abcdef0"
    keys_secret_arn          = "arn:aws:secretsmanager:us-east-1:123456789012:secret:llm-dev-gpu-keys-AbCdEf"
    permissions_boundary_arn = "arn:aws:iam::123456789012:policy/llm/boundary"
    spot                     = {}
    scaling                  = { scale_up_threshold = 90, scale_down_threshold = 10, queue_depth = 8 }
    volume                   = { initialization_rate = 0, kms_key_arn = "arn:aws:kms:us-east-1:123456789012:key/1" }
  }

  assert {
    # The provider would have AWS roll back to the template that failed.
    condition     = aws_launch_template.this.image_id == "ami-0123456789abcdef0" && !aws_autoscaling_group.this.instance_refresh[0].preferences[0].auto_rollback
    error_message = "The pinned image, and no rollback."
  }

  assert {
    condition     = output.billed == { alarms = 3, custom_metrics = ["GPUUtilization AutoScalingGroupName", "QueueDepth AutoScalingGroupName Environment"] }
    error_message = jsonencode(output.billed)
  }

  assert {
    condition     = one([for statement in jsondecode(aws_iam_role_policy.host.policy).Statement : statement.Resource if contains(statement.Action, "secretsmanager:GetSecretValue")]) == ["arn:aws:secretsmanager:us-east-1:123456789012:secret:llm-dev-gpu-keys-AbCdEf"]
    error_message = "The one secret, and no other."
  }

  assert {
    condition     = one([for statement in jsondecode(aws_iam_role_policy.host.policy).Statement : statement.Resource if contains(statement.Action, "autoscaling:TerminateInstanceInAutoScalingGroup")]) == ["arn:aws:autoscaling:us-east-1:123456789012:autoScalingGroup:*:autoScalingGroupName/llm-dev-gpu-fleet"]
    error_message = "A spot host may leave its own group, and no other."
  }

  assert {
    condition     = aws_iam_role.host.permissions_boundary == "arn:aws:iam::123456789012:policy/llm/boundary"
    error_message = "The boundary is on the role."
  }

  assert {
    condition = (
      aws_autoscaling_group.this.capacity_rebalance
      && aws_autoscaling_group.this.mixed_instances_policy[0].instances_distribution[0].on_demand_base_capacity == 1
      && aws_autoscaling_group.this.mixed_instances_policy[0].instances_distribution[0].on_demand_percentage_above_base_capacity == 0
    )
    error_message = "One on demand, the rest spot."
  }

  assert {
    # 90 + 20 would never be reached: two instances come when the GPUs are busy all the time.
    condition     = toset([for step in aws_autoscaling_policy.out.step_adjustment : "${tonumber(step.metric_interval_lower_bound)} ${coalesce(step.metric_interval_upper_bound, "-")} ${step.scaling_adjustment}"]) == toset(["0 10 1", "10 - 2"])
    error_message = jsonencode(aws_autoscaling_policy.out.step_adjustment)
  }

  assert {
    condition = (
      aws_cloudwatch_metric_alarm.queue[0].metric_name == "QueueDepth" && aws_cloudwatch_metric_alarm.queue[0].threshold == 8
      && aws_cloudwatch_metric_alarm.queue[0].dimensions == tomap({ Environment = "prod", AutoScalingGroupName = "llm-dev-gpu-fleet" })
    )
    error_message = jsonencode(aws_cloudwatch_metric_alarm.queue)
  }

  assert {
    condition     = aws_launch_template.this.block_device_mappings[0].ebs[0].volume_initialization_rate != 300 && aws_launch_template.this.block_device_mappings[0].ebs[0].kms_key_id == "arn:aws:kms:us-east-1:123456789012:key/1"
    error_message = "The volume as asked for."
  }
}

run "a_warm_pool_stands_on_one_type" {
  command = plan
  variables {
    instance_types           = ["g6.xlarge"]
    allow_other_gpu_families = true
    warm_pool                = { min_size = 2 }
  }

  assert {
    condition = (
      length(aws_autoscaling_group.this.mixed_instances_policy) == 0 && length(aws_autoscaling_group.this.launch_template) == 1
      && aws_autoscaling_group.this.warm_pool[0].pool_state == "Stopped" && aws_autoscaling_group.this.warm_pool[0].min_size == 2
      && aws_launch_template.this.instance_type == "g6.xlarge"
    )
    error_message = "A warm pool without a mixed instances policy."
  }
}

# An apply, or AWS's own care, must not leave callers without a host.
run "a_host_goes_after_another_has_come" {
  command = plan
  variables {
    spot    = {}
    scaling = { queue_depth = 8 }
  }

  assert {
    condition = alltrue([for limits in [aws_autoscaling_group.this.instance_maintenance_policy[0], aws_autoscaling_group.this.instance_refresh[0].preferences[0]] :
      limits.min_healthy_percentage == 100 && limits.max_healthy_percentage > 100
    ])
    error_message = "hosts are ended before others answer"
  }

  assert {
    condition     = !aws_autoscaling_group.this.protect_from_scale_in && !contains(aws_autoscaling_group.this.termination_policies, "NewestInstance") && aws_autoscaling_group.this.termination_policies[0] == "AllocationStrategy"
    error_message = "hosts are ended in another order, or never: ${jsonencode(aws_autoscaling_group.this.termination_policies)}"
  }

  # The cheapest spot hosts are those that AWS takes back first.
  assert {
    condition     = startswith(aws_autoscaling_group.this.mixed_instances_policy[0].instances_distribution[0].spot_allocation_strategy, "capacity-optimized")
    error_message = jsonencode(aws_autoscaling_group.this.mixed_instances_policy[0].instances_distribution)
  }

  assert {
    condition = (
      [for ebs in aws_launch_template.this.block_device_mappings[*].ebs[0] : [ebs.volume_type, ebs.volume_size, ebs.iops, ebs.throughput]] == [["gp3", var.volume.size_gb, var.volume.iops, var.volume.throughput]]
      && aws_launch_template.this.instance_type == var.instance_types[0] && aws_launch_template.this.update_default_version
    )
    error_message = jsonencode(aws_launch_template.this.block_device_mappings)
  }

  # The driver's AMI for the type of processor and the GPUs that are allowed; systemd there knows RestartSteps.
  assert {
    condition     = strcontains(aws_launch_template.this.image_id, "/x86_64/base-oss-nvidia-driver-gpu-ubuntu-24.04/latest/")
    error_message = aws_launch_template.this.image_id
  }

  assert {
    condition = (
      aws_cloudwatch_metric_alarm.queue[0].comparison_operator == "GreaterThanThreshold" && aws_cloudwatch_metric_alarm.queue[0].statistic == "Average"
      && aws_cloudwatch_metric_alarm.queue[0].treat_missing_data == "notBreaching" && [for step in aws_autoscaling_policy.queue[0].step_adjustment : step.scaling_adjustment] == [1]
    )
    error_message = jsonencode(aws_cloudwatch_metric_alarm.queue)
  }
}
