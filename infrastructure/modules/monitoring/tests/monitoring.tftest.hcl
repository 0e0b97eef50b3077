mock_provider "aws" {
  mock_resource "aws_sns_topic" {
    defaults = { arn = "arn:aws:sns:us-east-1:123456789012:llm-dev-gpu-alarms" }
  }
  mock_resource "aws_cloudwatch_log_group" {
    defaults = { arn = "arn:aws:logs:us-east-1:123456789012:log-group:/llm/x" }
  }
  mock_resource "aws_cloudwatch_metric_alarm" {
    defaults = { arn = "arn:aws:cloudwatch:us-east-1:123456789012:alarm:x" }
  }
}

variables {
  name                    = "llm-dev-gpu"
  environment             = "dev"
  aws_region              = "us-east-1"
  account_id              = "123456789012"
  asg_name                = "llm-dev-gpu-fleet"
  scale_out_alarm_name    = "llm-dev-gpu-gpu-high"
  alb_arn_suffix          = "app/llm-dev-gpu/50dc6c495c0c9188"
  target_group_arn_suffix = "targetgroup/llm-dev-gpu/73e2d6bc24d8a067"
  api_name                = "llm-dev-gpu"
  stage_name              = "v1"
  web_acl_name            = "llm-dev-gpu"
  max_instances           = 4
  cost_constants          = { instance_hour = 1.061, fixed_hour = 0.15, request = 0.0000052 }
}

# Feature: llm-inference-service, Property 6: the dashboard shows every required metric
run "the_dashboard_shows_every_required_metric" {
  assert {
    condition = alltrue([
      for metric in ["RequestLatencyP50", "RequestLatencyP95", "RequestLatencyP99", "RequestsPerSecond", "GPUUtilization", "ActiveInstances", "EstimatedCost"] :
      length([for widget in jsondecode(aws_cloudwatch_dashboard.this.dashboard_body).widgets : widget if widget.type == "metric" && widget.properties.title == metric]) == 1
    ])
    error_message = "A required metric has no widget: ${aws_cloudwatch_dashboard.this.dashboard_body}"
  }

  assert {
    condition = length(setsubtract(
      ["RequestLatencyP50", "RequestLatencyP95", "RequestLatencyP99", "RequestsPerSecond", "GPUUtilization", "ActiveInstances", "EstimatedCost"],
      flatten([for widget in jsondecode(aws_cloudwatch_dashboard.this.dashboard_body).widgets : [for metric in try(widget.properties.metrics, []) : [for part in metric : try(part.label, "")]]]),
    )) == 0
    error_message = "A required metric is on no graph under its name: ${aws_cloudwatch_dashboard.this.dashboard_body}"
  }

  assert {
    condition = [for percentile in ["P50", "P95", "P99"] : one([
      for widget in jsondecode(aws_cloudwatch_dashboard.this.dashboard_body).widgets : widget.properties.metrics[0] if widget.properties.title == "RequestLatency${percentile}"
      ])] == [for percentile in ["P50", "P95", "P99"] : [
      "LLMInference", "RequestLatency", "Environment", "dev", "AutoScalingGroupName", "llm-dev-gpu-fleet", { label = "RequestLatency${percentile}", stat = lower(percentile) }
    ]]
    error_message = "Percentiles are computed from the distribution."
  }

  assert {
    condition = one([
      for widget in jsondecode(aws_cloudwatch_dashboard.this.dashboard_body).widgets : widget.properties.metrics[0][0].expression if widget.properties.title == "EstimatedCost"
    ]) == "instances * 1.0610000000 + 0.1500000000 + FILL(requests, 0) / PERIOD(requests) * 3600 * 0.0000052000"
    error_message = aws_cloudwatch_dashboard.this.dashboard_body
  }

  # Every graph can be drawn: each metric that an expression names is on the graph, and nothing lies over another.
  assert {
    condition = (
      length(jsondecode(aws_cloudwatch_dashboard.this.dashboard_body).widgets) == length(distinct([for widget in jsondecode(aws_cloudwatch_dashboard.this.dashboard_body).widgets : "${widget.x} ${widget.y}"]))
      && alltrue([for widget in jsondecode(aws_cloudwatch_dashboard.this.dashboard_body).widgets : widget.x + widget.width <= 24])
    )
    error_message = "Widgets overlap or run off the page."
  }

  assert {
    condition     = output.dashboard_url == "https://us-east-1.console.aws.amazon.com/cloudwatch/home?region=us-east-1#dashboards/dashboard/llm-dev-gpu"
    error_message = output.dashboard_url
  }
}

run "the_dashboard_shows_every_alarm" {
  command = plan
  variables {
    budget_usd_month = 1000
  }

  assert {
    condition = toset(jsondecode(aws_cloudwatch_dashboard.this.dashboard_body).widgets[0].properties.alarms) == toset([
      for alarm in concat(values(aws_cloudwatch_metric_alarm.this)[*].alarm_name, aws_cloudwatch_metric_alarm.run_rate[*].alarm_name, [aws_cloudwatch_composite_alarm.at_max.alarm_name, var.scale_out_alarm_name]) :
      "arn:aws:cloudwatch:${var.aws_region}:${var.account_id}:alarm:${alarm}"
    ])
    error_message = jsonencode(jsondecode(aws_cloudwatch_dashboard.this.dashboard_body).widgets[0].properties.alarms)
  }
}

run "alarms_stand_at_the_numbers_of_the_requirements" {
  # R4.4: p99 above 5 seconds
  assert {
    condition = (
      aws_cloudwatch_metric_alarm.this["high-latency-p99"].metric_name == "RequestLatency" && aws_cloudwatch_metric_alarm.this["high-latency-p99"].namespace == "LLMInference"
      && aws_cloudwatch_metric_alarm.this["high-latency-p99"].extended_statistic == "p99" && aws_cloudwatch_metric_alarm.this["high-latency-p99"].statistic == null
      && aws_cloudwatch_metric_alarm.this["high-latency-p99"].threshold == 5000 && aws_cloudwatch_metric_alarm.this["high-latency-p99"].comparison_operator == "GreaterThanThreshold"
      && aws_cloudwatch_metric_alarm.this["high-latency-p99"].period == 60 && aws_cloudwatch_metric_alarm.this["high-latency-p99"].evaluation_periods == 2
      && aws_cloudwatch_metric_alarm.this["high-latency-p99"].evaluate_low_sample_count_percentiles == "evaluate"
      && aws_cloudwatch_metric_alarm.this["high-latency-p99"].alarm_actions == toset([output.topic_arn])
    )
    error_message = jsonencode(aws_cloudwatch_metric_alarm.this["high-latency-p99"])
  }

  # The rest of them: metric, statistic, bound, how long, and what silence means.
  assert {
    condition = { for key, alarm in aws_cloudwatch_metric_alarm.this : key => join(" ", [
      alarm.metric_name, coalesce(alarm.statistic, alarm.extended_statistic), alarm.comparison_operator, alarm.threshold, "${alarm.evaluation_periods}x${alarm.period}", alarm.treat_missing_data
      ]) } == {
      gpu-metric-missing = "GPUUtilization SampleCount LessThanThreshold 1 5x60 breaching"
      high-latency-p99   = "RequestLatency p99 GreaterThanThreshold 5000 2x60 notBreaching"
      no-healthy-host    = "HealthyHostCount Maximum LessThanThreshold 1 1x60 breaching"
      "5xx-rate"         = "5XXError Average GreaterThanThreshold 0.05 3x60 notBreaching"
      engine-ready-slow  = "EngineReadySeconds Maximum GreaterThanThreshold 300 1x60 notBreaching"
      all-instances      = "GroupInServiceInstances Minimum GreaterThanOrEqualToThreshold 4 1x60 notBreaching"
    }
    error_message = jsonencode({ for key, alarm in aws_cloudwatch_metric_alarm.this : key => [alarm.metric_name, alarm.statistic, alarm.threshold, alarm.period, alarm.evaluation_periods, alarm.treat_missing_data] })
  }

  assert {
    condition     = [for key, alarm in aws_cloudwatch_metric_alarm.this : key if alarm.alarm_actions != toset([output.topic_arn])] == ["all-instances"]
    error_message = "Every alarm but the one that only feeds another tells the topic."
  }

  assert {
    condition     = aws_cloudwatch_composite_alarm.at_max.alarm_rule == "ALARM(\"llm-dev-gpu-all-instances\") AND ALARM(\"llm-dev-gpu-gpu-high\")"
    error_message = aws_cloudwatch_composite_alarm.at_max.alarm_rule
  }

  assert {
    condition = jsondecode(aws_cloudwatch_event_rule.launch_failed.event_pattern) == {
      source = ["aws.autoscaling"], detail-type = ["EC2 Instance Launch Unsuccessful"], detail = { AutoScalingGroupName = ["llm-dev-gpu-fleet"] }
    } && aws_cloudwatch_event_target.launch_failed.arn == output.topic_arn
    error_message = aws_cloudwatch_event_rule.launch_failed.event_pattern
  }

  # R4.6: 30 days
  assert {
    condition = (
      { for key, group in aws_cloudwatch_log_group.this : key => group.name } == { for key in ["gateway", "engine", "host"] : key => "/llm/llm-dev-gpu/${key}" }
      && alltrue([for group in values(aws_cloudwatch_log_group.this) : group.retention_in_days == 30])
    )
    error_message = "Logs are kept 30 days."
  }

  # Feature: llm-inference-service, Property 2: names carry the environment
  assert {
    condition = alltrue([
      for name in concat(
        [for alarm in values(aws_cloudwatch_metric_alarm.this) : alarm.alarm_name],
        [aws_cloudwatch_composite_alarm.at_max.alarm_name, aws_sns_topic.this[0].name, aws_cloudwatch_event_rule.launch_failed.name],
      ) : startswith(name, "llm-dev-gpu-")
    ]) && aws_cloudwatch_dashboard.this.dashboard_name == "llm-dev-gpu"
    error_message = "A name does not begin with llm-dev-gpu."
  }

  assert {
    condition = { for statement in jsondecode(aws_sns_topic_policy.this[0].policy).Statement : statement.Principal.Service => [statement.Action, statement.Resource] } == {
      "cloudwatch.amazonaws.com" = ["sns:Publish", output.topic_arn], "events.amazonaws.com" = ["sns:Publish", output.topic_arn]
      } && one([
        for statement in jsondecode(aws_sns_topic_policy.this[0].policy).Statement : statement.Condition.ArnLike["aws:SourceArn"] if statement.Sid == "Alarms"
    ]) == "arn:aws:cloudwatch:us-east-1:123456789012:alarm:llm-dev-gpu-*"
    error_message = aws_sns_topic_policy.this[0].policy
  }

  assert {
    condition     = length(aws_sns_topic_subscription.email) == 0 && length(aws_cloudwatch_metric_alarm.run_rate) == 0
    error_message = "Nobody is subscribed and no budget watched unless asked for."
  }

  assert {
    condition     = output.billed.alarms == length(aws_cloudwatch_metric_alarm.this) && toset(output.billed.custom_metrics) == toset(["EngineReadySeconds AutoScalingGroupName Environment", "GPUUtilization AutoScalingGroupName", "RequestLatency AutoScalingGroupName Environment"])
    error_message = jsonencode(output.billed)
  }
}

run "an_own_topic_with_a_reader_and_a_budget" {
  command = plan
  variables {
    alarm_email      = "ops@example.com"
    budget_usd_month = 1000
    retention_days   = 90
    kms_key_arn      = "arn:aws:kms:us-east-1:123456789012:key/1"
    thresholds       = { latency_p99_ms = 8000 }
  }

  assert {
    condition     = aws_sns_topic_subscription.email[0].endpoint == "ops@example.com" && aws_sns_topic_subscription.email[0].protocol == "email"
    error_message = "The address is subscribed."
  }

  assert {
    condition = (
      aws_cloudwatch_metric_alarm.run_rate[0].threshold == 1000 && aws_cloudwatch_metric_alarm.run_rate[0].evaluation_periods == 3
      && one([for query in aws_cloudwatch_metric_alarm.run_rate[0].metric_query : query.expression if query.return_data == true]) == "730 * (instances * 1.0610000000 + 0.1500000000 + FILL(requests, 0) / PERIOD(requests) * 3600 * 0.0000052000)"
      && alltrue([for query in aws_cloudwatch_metric_alarm.run_rate[0].metric_query : query.metric[0].period == 3600 if query.id != "rate"])
    )
    error_message = jsonencode(aws_cloudwatch_metric_alarm.run_rate)
  }

  # The alarm on what is spent looks at two metrics, and is billed for both.
  assert {
    condition     = output.billed.alarms == length(aws_cloudwatch_metric_alarm.this) + 2 && contains(output.billed.custom_metrics, "RequestCount AutoScalingGroupName Environment") && output.billed.log_groups == length(aws_cloudwatch_log_group.this)
    error_message = jsonencode(output.billed)
  }

  assert {
    condition = (
      alltrue([for group in values(aws_cloudwatch_log_group.this) : group.retention_in_days == 90 && group.kms_key_id == var.kms_key_arn])
      && aws_sns_topic.this[0].kms_master_key_id == var.kms_key_arn
      && aws_cloudwatch_metric_alarm.this["high-latency-p99"].threshold == 8000
    )
    error_message = "As asked for."
  }
}

run "a_topic_that_is_there_already" {
  command = plan
  variables {
    sns_topic_arn = "arn:aws:sns:us-east-1:123456789012:operations"
  }

  assert {
    condition = (
      length(aws_sns_topic.this) == 0 && length(aws_sns_topic_policy.this) == 0 && output.topic_arn == "arn:aws:sns:us-east-1:123456789012:operations"
      && aws_cloudwatch_metric_alarm.this["no-healthy-host"].alarm_actions == toset(["arn:aws:sns:us-east-1:123456789012:operations"])
      && aws_cloudwatch_event_target.launch_failed.arn == "arn:aws:sns:us-east-1:123456789012:operations"
    )
    error_message = "The given topic, and no other."
  }
}

# One value of each variable that its (first) rule must refuse.
run "what_is_refused" {
  command = plan
  variables {
    name             = "LLM"
    environment      = "test"
    aws_region       = "us"
    account_id       = "1"
    retention_days   = 7
    kms_key_arn      = "alias/key"
    max_instances    = 0
    thresholds       = { latency_p99_ms = 0 }
    cost_constants   = { instance_hour = -1, fixed_hour = 0, request = 0 }
    budget_usd_month = 0
    sns_topic_arn    = "operations"
  }

  expect_failures = [
    var.name, var.environment, var.aws_region, var.account_id, var.retention_days, var.kms_key_arn, var.max_instances, var.thresholds, var.cost_constants,
    var.budget_usd_month, var.sns_topic_arn,
  ]
}

# The second rules.
run "what_else_is_refused" {
  command = plan
  variables {
    thresholds    = { error_rate = 5 }
    sns_topic_arn = "arn:aws:sns:us-east-1:123456789012:operations"
    alarm_email   = "ops@example.com"
  }

  expect_failures = [var.thresholds, var.alarm_email]
}

run "an_address_that_is_none_is_refused" {
  command = plan
  variables {
    alarm_email = "nobody"
  }

  expect_failures = [var.alarm_email]
}

run "what_is_spent_and_what_could_not_be_launched_is_told" {
  command = plan
  variables {
    budget_usd_month = 1000
  }

  # RequestCount is a number of each ten seconds: only its sum is one of requests.
  assert {
    condition = (
      aws_cloudwatch_metric_alarm.run_rate[0].comparison_operator == "GreaterThanThreshold"
      && { for query in aws_cloudwatch_metric_alarm.run_rate[0].metric_query : query.id => query.metric[0].stat if query.id != "rate" } == { instances = "Average", requests = "Sum" }
      && alltrue([for widget in jsondecode(aws_cloudwatch_dashboard.this.dashboard_body).widgets : alltrue([for line in try(widget.properties.metrics, []) : try(line[length(line) - 1].stat, "") == "Sum" if try(line[1], "") == "RequestCount"])])
    )
    error_message = jsonencode(aws_cloudwatch_metric_alarm.run_rate)
  }

  # Fields of EC2 Auto Scaling's event (its User Guide, "EC2 Instance Launch Unsuccessful").
  assert {
    condition = (
      aws_cloudwatch_event_rule.launch_failed.state != "DISABLED"
      && aws_cloudwatch_event_target.launch_failed.input_transformer[0].input_paths == tomap({ group = "$.detail.AutoScalingGroupName", why = "$.detail.StatusMessage" })
    )
    error_message = jsonencode(aws_cloudwatch_event_target.launch_failed.input_transformer)
  }
}
