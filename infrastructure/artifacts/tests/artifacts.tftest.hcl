mock_provider "aws" {
  mock_resource "aws_iam_role" {
    defaults = { arn = "arn:aws:iam::123456789012:role/llm/x", id = "x" }
  }
  mock_resource "aws_ecr_repository" {
    defaults = { repository_url = "123456789012.dkr.ecr.us-east-1.amazonaws.com/x" }
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

run "names" {
  command = plan

  assert {
    condition     = aws_s3_bucket.this.bucket == "llm-dev-gpu-artifacts-123456789012-us-east-1"
    error_message = "the bucket is named ${aws_s3_bucket.this.bucket}; commands look for <prefix>-artifacts-<account>-<region>"
  }
  assert {
    condition     = { for name, repository in aws_ecr_repository.this : name => repository.name } == { gateway = "llm-dev-gpu/gateway", engine = "llm-dev-gpu/engine" }
    error_message = "the repositories are not <prefix>/gateway and <prefix>/engine"
  }
  assert {
    condition     = output.project_names == { stage = "llm-dev-gpu-stage", image = "llm-dev-gpu-image" }
    error_message = jsonencode(output.project_names)
  }
  assert {
    condition     = alltrue([for role in aws_iam_role.build : role.path == "/llm/" && startswith(role.name, "llm-dev-gpu-")])
    error_message = "roles lie on the path /llm/ and begin with the prefix"
  }
  assert {
    condition     = output.log_group_names == { stage = "/llm/llm-dev-gpu/build-stage", image = "/llm/llm-dev-gpu/build-image" }
    error_message = jsonencode(output.log_group_names)
  }
  assert {
    condition     = output.weights_key == "weights/microsoft--Phi-3-mini-4k-instruct@0a67737cc96d2554230f90338b163bc6380a2a85"
    error_message = output.weights_key
  }
}

run "the_bucket_is_private_versioned_encrypted_and_cleans_up" {
  command = plan

  assert {
    condition     = alltrue([for blocked in ["block_public_acls", "block_public_policy", "ignore_public_acls", "restrict_public_buckets"] : aws_s3_bucket_public_access_block.this[blocked]])
    error_message = "public access is not blocked whole"
  }
  assert {
    condition     = aws_s3_bucket_versioning.this.versioning_configuration[0].status == "Enabled"
    error_message = "CodeBuild needs versions of the source archive"
  }
  assert {
    condition     = one(one(aws_s3_bucket_server_side_encryption_configuration.this.rule).apply_server_side_encryption_by_default).sse_algorithm == "AES256"
    error_message = "without a key the bucket is encrypted by AES256"
  }
  assert {
    condition = jsondecode(aws_s3_bucket_policy.this.policy).Statement[0] == {
      Sid       = "OnlyTls"
      Effect    = "Deny"
      Principal = "*"
      Action    = "s3:*"
      Resource  = ["arn:aws:s3:::llm-dev-gpu-artifacts-123456789012-us-east-1", "arn:aws:s3:::llm-dev-gpu-artifacts-123456789012-us-east-1/*"]
      Condition = { Bool = { "aws:SecureTransport" = "false" } }
    }
    error_message = "requests without TLS are not refused"
  }
  assert {
    condition     = aws_s3_bucket_lifecycle_configuration.this.rule[0].abort_incomplete_multipart_upload[0].days_after_initiation == 1
    error_message = "parts of uploads that broke off stay"
  }
}

run "images_cannot_change_under_their_tag_and_are_scanned" {
  command = plan

  assert {
    condition     = alltrue([for repository in aws_ecr_repository.this : repository.image_tag_mutability == "IMMUTABLE" && repository.image_scanning_configuration[0].scan_on_push])
    error_message = "tags are mutable, or pushes are not scanned"
  }
  assert {
    condition     = { for name, policy in aws_ecr_lifecycle_policy.this : name => jsondecode(policy.policy).rules[1].selection.countNumber } == { gateway = 90, engine = 150 }
    error_message = "an index and its images are counted together"
  }
}

run "builds_are_told_what_they_need_and_read_scripts_they_cannot_change" {
  command = plan

  assert {
    condition     = alltrue([for project in aws_codebuild_project.this : length(project.vpc_config) == 0 && project.environment[0].privileged_mode])
    error_message = "builds run outside the VPC, with Docker"
  }
  assert {
    condition     = [for name in ["stage", "image"] : one(aws_codebuild_project.this[name].source).type] == ["NO_SOURCE", "S3"]
    error_message = "stage has no source, image has an archive"
  }
  assert {
    condition     = one(aws_codebuild_project.this["image"].source).location == "llm-dev-gpu-artifacts-123456789012-us-east-1/source/gateway.zip"
    error_message = one(aws_codebuild_project.this["image"].source).location
  }
  assert {
    condition = { for variable in aws_codebuild_project.this["stage"].environment[0].environment_variable : variable.name => variable.value if variable.name != "SCRIPTS" } == {
      BUCKET         = "llm-dev-gpu-artifacts-123456789012-us-east-1"
      ENGINE_SOURCE  = "docker.io/vllm/vllm-openai@sha256:dddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddd"
      ENGINE_TAG     = "v0.22.1-dddddddddddd"
      HUB_URL        = "https://huggingface.co"
      MODEL_NAME     = "microsoft/Phi-3-mini-4k-instruct"
      MODEL_REVISION = "0a67737cc96d2554230f90338b163bc6380a2a85"
      REGISTRY       = "123456789012.dkr.ecr.us-east-1.amazonaws.com"
      REPOSITORY     = "llm-dev-gpu/engine"
      WEIGHTS_KEY    = "weights/microsoft--Phi-3-mini-4k-instruct@0a67737cc96d2554230f90338b163bc6380a2a85"
    }
    error_message = jsonencode(aws_codebuild_project.this["stage"].environment[0].environment_variable)
  }
  assert {
    condition     = toset([for object in aws_s3_object.script : basename(object.key)]) == toset(["common.sh", "stage-weights.sh", "copy-engine.sh", "build-gateway.sh"])
    error_message = "a script is not in the bucket"
  }
  assert {
    condition = alltrue([
      for object in aws_s3_object.script : contains([
        for variable in aws_codebuild_project.this["stage"].environment[0].environment_variable : "${variable.value}/${basename(object.key)}" if variable.name == "SCRIPTS"
      ], "s3://llm-dev-gpu-artifacts-123456789012-us-east-1/${object.key}")
    ])
    error_message = "the project looks for its scripts elsewhere"
  }
}

# Feature: llm-inference-service, Property 5: what a role may do is named; only ECR's login has no ARN to name.
run "roles_may_do_what_their_build_needs_and_no_more" {
  command = plan

  assert {
    condition = alltrue(flatten([
      for policy in aws_iam_role_policy.build : [
        for statement in jsondecode(policy.policy).Statement :
        statement.Effect == "Allow"
        && alltrue([for action in flatten([statement.Action]) : !strcontains(action, "*")])
        && (statement.Sid == "RegistryLogin" || alltrue([for arn in flatten([statement.Resource]) : startswith(arn, "arn:aws:") && !endswith(arn, ":*") || statement.Sid == "Logs"]))
      ]
    ]))
    error_message = "an action or a resource is a wildcard"
  }
  assert {
    condition = { for name, policy in aws_iam_role_policy.build : name => flatten([for statement in jsondecode(policy.policy).Statement : statement.Resource if statement.Sid == "Write"]) } == {
      stage = [for key in ["weights/*", "staged/weights.json", "staged/engine.json"] : "arn:aws:s3:::llm-dev-gpu-artifacts-123456789012-us-east-1/${key}"]
      image = ["arn:aws:s3:::llm-dev-gpu-artifacts-123456789012-us-east-1/staged/gateway.json"]
    }
    error_message = "a build may write more than its results, perhaps its own scripts"
  }
  assert {
    condition = { for name, policy in aws_iam_role_policy.build : name => [for statement in jsondecode(policy.policy).Statement : statement.Resource if statement.Sid == "Push"] } == {
      stage = ["arn:aws:ecr:us-east-1:123456789012:repository/llm-dev-gpu/engine"]
      image = ["arn:aws:ecr:us-east-1:123456789012:repository/llm-dev-gpu/gateway"]
    }
    error_message = "a build may push to another repository than its own"
  }
  assert {
    condition = alltrue([
      for name, role in aws_iam_role.build : jsondecode(role.assume_role_policy).Statement[0].Condition == {
        StringEquals = { "aws:SourceAccount" = "123456789012" }
        ArnEquals    = { "aws:SourceArn" = "arn:aws:codebuild:us-east-1:123456789012:project/llm-dev-gpu-${name}" }
      }
    ])
    error_message = "another project or account could act in the role"
  }
  assert {
    condition     = alltrue([for role in aws_iam_role.build : role.permissions_boundary == null])
    error_message = "a boundary that nobody gave"
  }
}

run "a_key_and_a_boundary_are_used_everywhere" {
  command = plan

  variables {
    kms_key_arn              = "arn:aws:kms:us-east-1:123456789012:key/00000000-0000-0000-0000-000000000000"
    permissions_boundary_arn = "arn:aws:iam::123456789012:policy/llm/boundary"
  }

  assert {
    condition     = one(one(aws_s3_bucket_server_side_encryption_configuration.this.rule).apply_server_side_encryption_by_default).kms_master_key_id == var.kms_key_arn
    error_message = "the bucket has another key"
  }
  assert {
    condition     = alltrue([for repository in aws_ecr_repository.this : repository.encryption_configuration[0].kms_key == var.kms_key_arn])
    error_message = "a repository has another key"
  }
  assert {
    condition     = alltrue([for policy in aws_iam_role_policy.build : length([for statement in jsondecode(policy.policy).Statement : statement if statement.Sid == "Key" && statement.Resource == var.kms_key_arn]) == 1])
    error_message = "a build may not use the key"
  }
  assert {
    condition     = alltrue([for role in aws_iam_role.build : role.permissions_boundary == var.permissions_boundary_arn])
    error_message = "a role has no boundary"
  }
}

run "a_name_that_makes_the_buckets_name_too_long" {
  command = plan

  variables {
    name        = "fifteen-letters"
    environment = "staging"
    aws_region  = "ap-southeast-1"
  }

  expect_failures = [aws_s3_bucket.this]
}

# Each build can do what its script does, logs where its group is, and ends in a time in which it can be done.
run "a_build_can_do_its_work" {
  command = plan

  assert {
    condition = { for name, policy in aws_iam_role_policy.build : name => [for statement in jsondecode(policy.policy).Statement : statement.Resource if statement.Sid == "Logs"] } == {
      for name, project in aws_codebuild_project.this : name => ["arn:aws:logs:us-east-1:123456789012:log-group:${project.logs_config[0].cloudwatch_logs[0].group_name}:*"]
    }
    error_message = "a build may not write its log, or writes it into a group that is not kept"
  }
  assert {
    condition     = { for name, project in aws_codebuild_project.this : name => project.logs_config[0].cloudwatch_logs[0].group_name } == { for name, group in aws_cloudwatch_log_group.build : name => group.name }
    error_message = "a build logs elsewhere"
  }
  # A layer that is there is not sent again; one that is not needs all of these.
  assert {
    condition = alltrue([for policy in aws_iam_role_policy.build : length(setsubtract(
      ["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:CompleteLayerUpload", "ecr:DescribeImages", "ecr:GetDownloadUrlForLayer", "ecr:InitiateLayerUpload", "ecr:PutImage", "ecr:UploadLayerPart"],
      flatten([for statement in jsondecode(policy.policy).Statement : statement.Action if statement.Sid == "Push"]),
    )) == 0])
    error_message = "an image cannot be pushed or looked at"
  }
  # The staging reads the manifest that it wrote and lists what is there; the image's build reads its source, after questions about the bucket.
  assert {
    condition = (
      contains(flatten([for statement in jsondecode(aws_iam_role_policy.build["stage"].policy).Statement : statement.Resource if statement.Sid == "Read"]), "arn:aws:s3:::llm-dev-gpu-artifacts-123456789012-us-east-1/weights/*")
      && anytrue([for statement in jsondecode(aws_iam_role_policy.build["stage"].policy).Statement : contains(try(statement.Condition.StringLike["s3:prefix"], []), "${output.weights_key}/*")])
      && anytrue([for arn in flatten([for statement in jsondecode(aws_iam_role_policy.build["image"].policy).Statement : statement.Resource if statement.Sid == "Read"]) : startswith(arn, "arn:aws:s3:::llm-dev-gpu-artifacts-123456789012-us-east-1/source/")])
      && length(setsubtract(["s3:GetBucketAcl", "s3:GetBucketLocation", "s3:GetBucketVersioning"], flatten([for statement in jsondecode(aws_iam_role_policy.build["image"].policy).Statement : statement.Action if statement.Sid == "Source"]))) == 0
    )
    error_message = "a build cannot read what it works on"
  }
  assert {
    condition = (
      strcontains(one(aws_codebuild_project.this["stage"].source).buildspec, "stage-weights.sh") && strcontains(one(aws_codebuild_project.this["stage"].source).buildspec, "copy-engine.sh")
      && strcontains(one(aws_codebuild_project.this["image"].source).buildspec, "build-gateway.sh")
      && aws_codebuild_project.this["stage"].build_timeout >= 60 && aws_codebuild_project.this["image"].build_timeout >= 20
    )
    error_message = "a project does something else, or has no time to"
  }
  assert {
    condition = (
      { for variable in aws_codebuild_project.this["image"].environment[0].environment_variable : variable.name => variable.value if contains(["REPOSITORY", "REGISTRY", "BUCKET"], variable.name) } == {
        REPOSITORY = "llm-dev-gpu/gateway", REGISTRY = "123456789012.dkr.ecr.us-east-1.amazonaws.com", BUCKET = "llm-dev-gpu-artifacts-123456789012-us-east-1"
      }
      # A new folder for changed scripts: a build that is under way goes on with its own.
      && alltrue([for object in aws_s3_object.script : can(regex("^build/[0-9a-f]{16}/", object.key)) && object.source_hash == filesha256("scripts/${basename(object.key)}")])
    )
    error_message = jsonencode(aws_codebuild_project.this["image"].environment[0].environment_variable)
  }
}

# What a deployment may go back to is not thrown away.
run "nothing_goes_that_somebody_may_need" {
  command = plan

  assert {
    condition     = aws_s3_bucket_lifecycle_configuration.this.rule[0].noncurrent_version_expiration[0].noncurrent_days >= 14
    error_message = "a manifest that was overwritten is gone before it is missed"
  }
  assert {
    condition = alltrue([for policy in aws_ecr_lifecycle_policy.this : (
      [for rule in jsondecode(policy.policy).rules : rule.selection.tagStatus] == ["untagged", "any"] && jsondecode(policy.policy).rules[0].selection.countNumber >= 7
      && jsondecode(policy.policy).rules[1].selection.countType == "imageCountMoreThan"
    )])
    error_message = "images go that a deployment runs, or none ever goes"
  }
}
