mock_provider "aws" {}

variables {
  name   = "llm-dev-gpu"
  region = "us-east-1"
  fleets = {
    gpu_instances = { instance_type = "g5.xlarge", min = 1, max = 4 }
  }
  traffic = { requests = { min = 0, typical = 0, max = 0 } }
}

run "one_instance_by_hand" {
  command = plan

  assert {
    # 730 x 1.006 + 8 x 0.08 = 735.02; four of them 2940.08
    condition     = output.estimated_monthly_cost == { min = 735.02, typical = 735.02, max = 2940.08 }
    error_message = jsonencode(output.estimated_monthly_cost)
  }
}

run "the_cheapest_and_the_dearest_of_several_types_bound_it" {
  command = plan
  variables {
    fleets = { gpu_instances = { instance_type = "g5.xlarge", fallback_types = ["g4dn.xlarge", "g5.2xlarge"], min = 1, max = 4 } }
  }

  assert {
    # 730 x 0.526 + 0.64 = 384.62; 735.02; 4 x (730 x 1.212 + 0.64) = 3541.60
    condition     = output.estimated_monthly_cost == { min = 384.62, typical = 735.02, max = 3541.6 }
    error_message = jsonencode(output.estimated_monthly_cost)
  }

  assert {
    # The first type's: 735.02 / 730
    condition     = abs(output.cost_constants.instance_hour["gpu_instances"] - 1.006876712) < 0.000001
    error_message = jsonencode(output.cost_constants.instance_hour)
  }
}

run "a_further_type_without_a_price_is_refused" {
  command = plan
  variables {
    fleets = { gpu_instances = { instance_type = "g5.xlarge", fallback_types = ["x9.unheard"], min = 1, max = 4 } }
  }

  expect_failures = [var.fleets]
}

run "more_instances_cost_more" {
  command = plan
  variables {
    fleets = { gpu_instances = { instance_type = "g5.xlarge", min = 1, max = 5 } }
  }

  assert {
    # 5 x 735.02
    condition     = output.estimated_monthly_cost.max == 3675.1 && output.estimated_monthly_cost.min == 735.02
    error_message = jsonencode(output.estimated_monthly_cost)
  }
}

run "tiers_of_the_rest_api" {
  command = plan
  variables {
    fleets  = {}
    traffic = { requests = { min = 333000000, typical = 1000000000, max = 21000000000 }, response_kb = 0 }
  }

  assert {
    # 333M x 3.50 = 1165.50; + 667M x 2.80 = 3033.10; + 19,000M x 2.38 + 1,000M x 1.51 = 49763.10
    condition     = output.estimated_monthly_cost_by_type.api_gateway == { min = 1165.5, typical = 3033.1, max = 49763.1 }
    error_message = jsonencode(output.estimated_monthly_cost_by_type.api_gateway)
  }
}

run "tiers_of_data_transfer" {
  command = plan
  variables {
    fleets  = {}
    traffic = { requests = { min = 0, typical = 10737418240, max = 59768832000 }, response_kb = 1, rest_api = false }
  }

  assert {
    # 10,240 GB x 0.09 = 921.60; 57,000 GB: + 40,960 x 0.085 + 5,800 x 0.07 = 4809.20
    condition     = output.estimated_monthly_cost_by_type.data_transfer == { min = 0, typical = 921.6, max = 4809.2 }
    error_message = jsonencode(output.estimated_monthly_cost_by_type.data_transfer)
  }
}

run "the_constants_give_the_forecast_back" {
  command = plan
  variables {
    network = { nat_gateways = 1 }
    traffic = { requests = { min = 0, typical = 1000000, max = 10000000 }, response_kb = 0 }
  }

  assert {
    # fixed: NAT 730 x 0.045 = 32.85; a request: 3.50/M
    condition     = abs(output.cost_constants.fixed_hour * 730 - 32.85) < 0.001 && abs(output.cost_constants.request * 1000000 - 3.5) < 0.001 && abs(output.cost_constants.instance_hour.gpu_instances * 730 - 735.02) < 0.001
    error_message = jsonencode(output.cost_constants)
  }
}

run "a_budget_at_typical_times_factor" {
  command = plan
  variables {
    budget = { emails = ["budget@example.com"], tag_value = "llm" }
  }

  assert {
    # 735.02 x 1.2
    condition     = aws_budgets_budget.this[0].limit_amount == "882.02" && one(flatten([for filter in aws_budgets_budget.this[0].cost_filter : filter.values])) == "user:Project$llm"
    error_message = jsonencode(aws_budgets_budget.this[0])
  }
}

run "no_budget_unless_asked" {
  command = plan

  assert {
    condition     = length(aws_budgets_budget.this) == 0 && output.budget_name == null
    error_message = "a budget was planned"
  }
}

run "rejects_a_region_without_prices" {
  command = plan
  variables {
    region = "eu-central-1"
    fleets = {}
  }
  expect_failures = [var.region]
}

run "rejects_a_type_that_the_region_does_not_offer" {
  command = plan
  variables {
    region = "ap-southeast-1"
  }
  expect_failures = [var.fleets]
}

run "rejects_a_falling_range" {
  command = plan
  variables {
    fleets = { gpu_instances = { instance_type = "g5.xlarge", min = 2, max = 1 } }
  }
  expect_failures = [var.fleets]
}

run "rejects_falling_traffic" {
  command = plan
  variables {
    traffic = { requests = { min = 5, typical = 4, max = 3 } }
  }
  expect_failures = [var.traffic]
}

run "rejects_negative_counts" {
  command = plan
  variables {
    network    = { nat_gateways = -1 }
    waf        = { rules = -1 }
    monitoring = { alarms = -1 }
    secrets    = -1
  }
  expect_failures = [var.network, var.waf, var.monitoring, var.secrets]
}

run "rejects_a_budget_that_nobody_hears" {
  command = plan
  variables {
    budget = { emails = [], tag_value = "llm" }
  }
  expect_failures = [var.budget]
}

run "rejects_a_bad_name" {
  command = plan
  variables {
    name = "no spaces"
  }
  expect_failures = [var.name]
}
