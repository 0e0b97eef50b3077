# Every validation refuses something.

mock_provider "aws" {
  mock_resource "aws_iam_role" {
    defaults = { arn = "arn:aws:iam::123456789012:role/llm/x" }
  }
}

variables {
  environment = "dev"
  account_id  = "123456789012"
  engine = {
    tag    = "v0.22.1"
    digest = "sha256:dddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddd"
  }
}

run "refused_name" {
  command = plan

  variables {
    name = "LLM"
  }

  expect_failures = [var.name]
}

run "refused_environment" {
  command = plan

  variables {
    environment = "test"
  }

  expect_failures = [var.environment]
}

run "refused_region" {
  command = plan

  variables {
    aws_region = "Virginia"
  }

  expect_failures = [var.aws_region]
}

run "refused_account" {
  command = plan

  variables {
    account_id = "1234"
  }

  expect_failures = [var.account_id]
}

run "refused_tags" {
  command = plan

  variables {
    tags = { project = "mine" }
  }

  expect_failures = [var.tags]
}

run "refused_more_tags_than_an_object_takes" {
  command = plan

  variables {
    tags = { a = "1", b = "2", c = "3", d = "4", e = "5", f = "6" }
  }

  expect_failures = [var.tags]
}

run "refused_boundary" {
  command = plan

  variables {
    permissions_boundary_arn = "boundary"
  }

  expect_failures = [var.permissions_boundary_arn]
}

run "refused_model_name" {
  command = plan

  variables {
    model = { name = "phi-3", revision = "0a67737cc96d2554230f90338b163bc6380a2a85" }
  }

  expect_failures = [var.model]
}

run "refused_model_branch" {
  command = plan

  variables {
    model = { name = "microsoft/Phi-3-mini-4k-instruct", revision = "main" }
  }

  expect_failures = [var.model]
}

run "refused_hub" {
  command = plan

  variables {
    hub_url = "http://mirror/path"
  }

  expect_failures = [var.hub_url]
}

run "refused_engine_repository" {
  command = plan

  variables {
    engine = { repository = "vllm/vllm-openai", tag = "v0.22.1", digest = "sha256:dddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddd" }
  }

  expect_failures = [var.engine]
}

run "refused_engine_tag" {
  command = plan

  variables {
    engine = { tag = "latest", digest = "sha256:dddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddd" }
  }

  expect_failures = [var.engine]
}

run "refused_engine_digest" {
  command = plan

  variables {
    engine = { tag = "v0.22.1", digest = "sha256:dd" }
  }

  expect_failures = [var.engine]
}

run "refused_node_image" {
  command = plan

  variables {
    node = { image = "node:24-slim" }
  }

  expect_failures = [var.node]
}

run "refused_node_digest" {
  command = plan

  variables {
    node = { digest = "latest" }
  }

  expect_failures = [var.node]
}

run "refused_kms_key" {
  command = plan

  variables {
    kms_key_arn = "alias/mine"
  }

  expect_failures = [var.kms_key_arn]
}

run "refused_keep_images" {
  command = plan

  variables {
    keep_images = 2
  }

  expect_failures = [var.keep_images]
}

run "refused_log_retention" {
  command = plan

  variables {
    log_retention_days = 31
  }

  expect_failures = [var.log_retention_days]
}

run "refused_build_image" {
  command = plan

  variables {
    build_image = "ubuntu:24.04"
  }

  expect_failures = [var.build_image]
}

run "refused_tags_that_not_every_service_takes" {
  command = plan

  variables {
    tags = { team = "ada, grace" }
  }

  expect_failures = [var.tags]
}

run "refused_name_that_aws_keeps" {
  command = plan

  variables {
    name = "sthree-llm"
  }

  expect_failures = [var.name]
}
