# Feature: llm-inference-service. State is locked, encrypted and kept (R2.5); who deploys gets short-lived credentials of a role that is bounded.
# Plans only: what may not be destroyed could not be taken down after an apply.

mock_provider "aws" {
  mock_resource "aws_kms_key" {
    defaults = { arn = "arn:aws:kms:us-east-1:123456789012:key/11111111-2222-3333-4444-555555555555" }
  }
  mock_resource "aws_iam_role" {
    defaults = { arn = "arn:aws:iam::123456789012:role/llm-deploy/mocked" }
  }
  mock_resource "aws_iam_policy" {
    defaults = { arn = "arn:aws:iam::123456789012:policy/llm-deploy/mocked" }
  }
}

variables {
  aws_region = "us-east-1"
  account_id = "123456789012"
  github = {
    owner         = "octo"
    owner_id      = "77"
    repository    = "sluice"
    repository_id = "4242"
  }
}

run "the_bucket_of_the_state_is_private_versioned_and_encrypted" {
  command = plan

  assert {
    condition     = aws_s3_bucket.state.bucket == "llm-state-123456789012-us-east-1"
    error_message = "The commands find the bucket by its name."
  }
  assert {
    condition     = aws_s3_bucket_versioning.state.versioning_configuration[0].status == "Enabled"
    error_message = "A state that was overwritten must come back."
  }
  assert {
    condition = alltrue([
      aws_s3_bucket_public_access_block.state.block_public_acls, aws_s3_bucket_public_access_block.state.block_public_policy,
      aws_s3_bucket_public_access_block.state.ignore_public_acls, aws_s3_bucket_public_access_block.state.restrict_public_buckets,
    ])
    error_message = "Nobody from outside may read a state."
  }
  assert {
    condition     = one(one(aws_s3_bucket_server_side_encryption_configuration.state.rule).apply_server_side_encryption_by_default).kms_master_key_id == aws_kms_key.state.arn
    error_message = "States are encrypted with the key of their own."
  }
  assert {
    condition     = aws_kms_key.state.enable_key_rotation
    error_message = "The key rotates."
  }
  assert {
    condition     = jsondecode(aws_s3_bucket_policy.state.policy).Statement[0].Effect == "Deny" && jsondecode(aws_s3_bucket_policy.state.policy).Statement[0].Condition.Bool["aws:SecureTransport"] == "false"
    error_message = "Requests without TLS are refused."
  }
  assert {
    condition     = aws_s3_bucket_lifecycle_configuration.state.rule[0].noncurrent_version_expiration[0].noncurrent_days == 90
    error_message = "Earlier versions go after 90 days."
  }
}

run "the_lock_table_is_what_the_backend_expects" {
  command = plan

  assert {
    condition     = aws_dynamodb_table.lock.name == "llm-state-lock" && aws_dynamodb_table.lock.hash_key == "LockID" && one(aws_dynamodb_table.lock.attribute).type == "S"
    error_message = "The S3 backend writes items by the text key LockID."
  }
  assert {
    condition     = aws_dynamodb_table.lock.point_in_time_recovery[0].enabled && aws_dynamodb_table.lock.server_side_encryption[0].enabled && aws_dynamodb_table.lock.deletion_protection_enabled
    error_message = "The table is encrypted, can be restored, and cannot be deleted by mistake."
  }
}

run "github_is_trusted_by_both_forms_of_its_subject_and_nothing_wider" {
  command = plan

  assert {
    condition     = toset(keys(aws_iam_role.github)) == toset(["plan", "deploy-dev", "deploy-staging", "deploy-prod"])
    error_message = "One role plans, and each environment has one that deploys."
  }
  assert {
    condition = jsondecode(aws_iam_role.github["plan"].assume_role_policy).Statement[0].Condition == {
      StringEquals = {
        "token.actions.githubusercontent.com:aud" = "sts.amazonaws.com"
        "token.actions.githubusercontent.com:sub" = flatten([for context in ["pull_request", "environment:dev-plan", "environment:prod-plan", "environment:staging-plan"] :
        ["repo:octo/sluice:${context}", "repo:octo@77/sluice@4242:${context}"]])
      }
    }
    error_message = "Pull requests plan, and so do deployments, in the environments that ask nobody."
  }
  assert {
    condition = jsondecode(aws_iam_role.github["deploy-prod"].assume_role_policy).Statement[0].Condition.StringEquals["token.actions.githubusercontent.com:sub"] == [
      "repo:octo/sluice:environment:prod", "repo:octo@77/sluice@4242:environment:prod",
    ]
    error_message = "Only a job of the environment prod deploys prod."
  }
  assert {
    condition     = !strcontains(join("", [for role in aws_iam_role.github : role.assume_role_policy]), "*")
    error_message = "No trust has a wildcard."
  }
  assert {
    condition     = one(aws_iam_openid_connect_provider.github[*].client_id_list) == toset(["sts.amazonaws.com"])
    error_message = "The account trusts GitHub's tokens for STS."
  }
}

run "policies_fit_into_what_iam_takes" {
  command = plan

  assert {
    condition = alltrue([for policy in concat(values(aws_iam_policy.boundary), values(aws_iam_policy.plan), values(aws_iam_policy.deploy)) :
    length(policy.policy) <= 6144])
    error_message = "IAM takes 6144 characters a managed policy: ${jsonencode({ for key, policy in aws_iam_policy.deploy : key => length(policy.policy) })}, boundary ${length(aws_iam_policy.boundary["staging"].policy)}"
  }
  assert {
    condition     = alltrue([for environment in ["dev", "staging", "prod"] : length([for attachment in local.deploy_policies : attachment if attachment.environment == environment]) <= 10])
    error_message = "IAM takes 10 managed policies a role."
  }
  assert {
    condition     = alltrue([for role in aws_iam_role.github : length(role.assume_role_policy) <= 2048])
    error_message = "IAM takes 2048 characters of trust."
  }
}

run "a_deploy_role_makes_roles_within_the_boundary_only" {
  command = plan

  assert {
    condition = alltrue([for statement in jsondecode(aws_iam_policy.deploy["dev-identity"].policy).Statement :
      try(statement.Condition.StringEquals["iam:PermissionsBoundary"], "") == "arn:aws:iam::123456789012:policy/llm-deploy/llm-boundary-dev"
    if length(setintersection(flatten([statement.Action]), ["iam:CreateRole", "iam:PutRolePolicy", "iam:AttachRolePolicy", "iam:PutRolePermissionsBoundary"])) > 0])
    error_message = "Whatever gives permissions to a role demands the boundary."
  }
  assert {
    condition = alltrue([for statement in jsondecode(aws_iam_policy.deploy["dev-identity"].policy).Statement :
      alltrue([for resource in statement.Resource : startswith(resource, "arn:aws:iam::123456789012:role/llm/llm-dev-") || startswith(resource, "arn:aws:iam::123456789012:instance-profile/llm/llm-dev-") || startswith(resource, "arn:aws:iam::123456789012:role/aws-service-role/")])
    if anytrue([for action in statement.Action : startswith(action, "iam:") && !can(regex("^iam:(Get|List|Simulate)", action))])])
    error_message = "Roles are changed on the path of the services and of this environment only."
  }
  assert {
    condition     = !anytrue([for policy in aws_iam_policy.deploy : strcontains(policy.policy, "iam:DeleteRolePermissionsBoundary") || strcontains(policy.policy, "iam:CreatePolicy") || strcontains(policy.policy, "iam:CreateUser")])
    error_message = "No deploy role may loosen a boundary, or make policies or users."
  }
  assert {
    condition = strcontains(aws_iam_policy.deploy["dev-identity"].policy, "/*/dev.tfstate") && !anytrue([
      for statement in jsondecode(aws_iam_policy.deploy["dev-identity"].policy).Statement : strcontains(jsonencode(statement), "prod") if statement.Effect == "Allow"
    ])
    error_message = "The role of dev is allowed nothing of prod."
  }
  assert {
    condition = alltrue(flatten([for boundary in aws_iam_policy.boundary : [for statement in jsondecode(boundary.policy).Statement :
    alltrue([for action in statement.Action : !startswith(action, "iam:")]) || statement.Effect == "Deny"]]))
    error_message = "The boundary leaves no way to change permissions."
  }
}

run "no_role_of_one_environment_reaches_what_another_keeps" {
  command = plan

  assert {
    condition = alltrue(flatten([for environment, boundary in aws_iam_policy.boundary : [for statement in jsondecode(boundary.policy).Statement :
      [for resource in statement.Resource : strcontains(resource, "llm-${environment}-")]
    if contains(["Buckets", "ByName"], statement.Sid)]]))
    error_message = "Buckets, images, logs and secrets are bounded by the environment."
  }
  assert {
    condition = length(setintersection(
      flatten([for statement in jsondecode(aws_iam_policy.boundary["dev"].policy).Statement : statement.Action if statement.Effect == "Allow" && statement.Resource == ["*"]]),
      ["s3:GetObject", "s3:Get*", "secretsmanager:GetSecretValue", "ecr:BatchGetImage", "ecr:PutImage", "logs:PutLogEvents"],
    )) == 0
    error_message = "Nothing that an environment keeps is open to all."
  }
  assert {
    condition = alltrue([for statement in jsondecode(aws_iam_policy.deploy["dev-identity"].policy).Statement :
      toset(statement.Condition.StringEquals["aws:ResourceTag/Environment"]) == toset(["prod", "staging"]) && statement.Effect == "Deny"
    if statement.Sid == "NeverAnotherEnvironment"])
    error_message = "What has only an id is bounded by its tags."
  }
  assert {
    condition = one([for statement in jsondecode(aws_iam_policy.deploy["dev-identity"].policy).Statement :
      statement.Condition["ForAllValues:StringLike"]["dynamodb:LeadingKeys"] if contains(statement.Action, "dynamodb:PutItem")]) == [
      "llm-state-123456789012-us-east-1/*/dev.tfstate", "llm-state-123456789012-us-east-1/*/dev.tfstate-md5",
    ]
    error_message = "The role of dev takes no lock of prod, and writes no digest of its state."
  }
}

# What the mocked AWS lets through and AWS refuses: by its documentation these take all resources or none.
run "a_deploy_role_may_do_what_has_no_resource_to_name" {
  command = plan

  assert {
    condition = length(setsubtract(
      ["cloudwatch:PutCompositeAlarm", "cloudwatch:DeleteAlarms", "sns:GetSubscriptionAttributes", "sns:Unsubscribe", "logs:PutResourcePolicy"],
      flatten([for statement in jsondecode(aws_iam_policy.deploy["dev-data"].policy).Statement : statement.Action if statement.Resource == ["*"]]),
    )) == 0
    error_message = "Composite alarms need permission on all alarms; subscriptions and policies of logs are no resources to IAM."
  }
  assert {
    condition = anytrue([for statement in jsondecode(aws_iam_policy.deploy["dev-edge"].policy).Statement :
    contains(statement.Action, "route53:AssociateVPCWithHostedZone") && statement.Resource == ["*"]])
    error_message = "An interface endpoint with private names is refused without it."
  }
  assert {
    condition = alltrue([for policy in aws_iam_policy.deploy : alltrue([for statement in jsondecode(policy.policy).Statement :
    try(statement.Condition.Bool["kms:GrantIsForAWSResource"], "") == "true" if contains(statement.Action, "kms:CreateGrant")])])
    error_message = "A deploy role must not give itself a key."
  }
}

run "a_deploy_role_may_look_at_the_bucket_of_the_state" {
  command = plan

  assert {
    condition = anytrue([for statement in jsondecode(aws_iam_policy.deploy["dev-identity"].policy).Statement :
      length(setsubtract(["s3:GetBucketLocation", "s3:GetBucketVersioning", "s3:GetEncryptionConfiguration", "s3:ListBucket"], statement.Action)) == 0
    && statement.Resource == ["arn:aws:s3:::llm-state-123456789012-us-east-1"]])
    error_message = "Preflight asks where the bucket lies, and whether it is versioned and encrypted."
  }
}

run "no_role_of_a_service_reads_the_accounts_parameters" {
  command = plan

  assert {
    condition = anytrue([for statement in jsondecode(aws_iam_policy.boundary["dev"].policy).Statement :
    statement.Effect == "Deny" && contains(statement.Action, "ssm:GetParameters") && statement.Resource == ["arn:aws:ssm:*:123456789012:parameter/*"]])
    error_message = "The policy for managed instances would let a host read every secure parameter."
  }
}

run "a_plan_reads_and_locks_and_sees_no_secret" {
  command = plan

  assert {
    condition = alltrue([for statement in concat(jsondecode(aws_iam_policy.plan["read"].policy).Statement, jsondecode(aws_iam_policy.plan["state"].policy).Statement) :
      alltrue([for action in statement.Action : can(regex(":(Get|List|Describe|View|BatchGet|Simulate|GET)", action))])
    if statement.Effect == "Allow" && !contains(["LockStates", "Locks", "StateKey", "KeysThroughS3"], statement.Sid)])
    error_message = "Apart from locks, a plan reads."
  }
  assert {
    condition = toset(flatten([for statement in jsondecode(aws_iam_policy.plan["read"].policy).Statement : statement.Action if statement.Effect == "Deny"])) == toset([
      "secretsmanager:GetSecretValue", "secretsmanager:BatchGetSecretValue", "ssm:GetParameter", "ssm:GetParameters", "ssm:GetParametersByPath",
      "ssm:GetParameterHistory", "kms:Decrypt",
    ])
    error_message = "Secrets, parameters and other keys are denied."
  }
  assert {
    condition = alltrue([for statement in jsondecode(aws_iam_policy.plan["read"].policy).Statement :
      (statement.Effect == "Allow" ? statement.Resource : statement.NotResource) == ["arn:aws:secretsmanager:us-east-1:123456789012:secret:llm-*-gpu-keys-*"]
    if contains(statement.Action, "secretsmanager:GetSecretValue")])
    error_message = "Of secrets, a plan reads those that hold hashes alone."
  }
  assert {
    condition     = one([for statement in jsondecode(aws_iam_policy.plan["state"].policy).Statement : statement.Resource if statement.Sid == "LockStates"]) == ["arn:aws:s3:::llm-state-123456789012-us-east-1/*.tflock"]
    error_message = "A plan writes locks, no states."
  }
  assert {
    condition = length(setintersection(
      flatten([for statement in jsondecode(aws_iam_policy.plan["read"].policy).Statement : statement.Action if statement.Effect == "Allow"]),
      ["logs:Get*", "logs:GetLogEvents", "logs:FilterLogEvents", "logs:*", "ec2:Get*", "wafv2:Get*"],
    )) == 0
    error_message = "A plan reads no lines of logs, no console of a host and no sampled requests."
  }
  assert {
    condition = alltrue([for statement in jsondecode(aws_iam_policy.plan["read"].policy).Statement :
    statement.Resource != ["*"] && !strcontains(join("", statement.Resource), "apikeys") if contains(statement.Action, "apigateway:GET")])
    error_message = "Keys of other APIs are values that can be read."
  }
}

# By name, each environment's role reaches its own alone: nothing that it is allowed is called by the name of another, or by any name.
run "a_deploy_role_names_its_own_environment" {
  command = plan

  assert {
    condition = alltrue(flatten([for key, policy in aws_iam_policy.deploy : [for statement in jsondecode(policy.policy).Statement : [for resource in flatten([statement.Resource]) :
      !can(regex("llm-(\\*|${join("|", setsubtract(["dev", "staging", "prod"], [split("-", key)[0]]))})", resource)) if statement.Effect == "Allow"
    ]]]))
    error_message = "A deploy role reaches what another environment has."
  }
  assert {
    condition = alltrue(flatten([for policy in values(aws_iam_policy.deploy) : [for statement in jsondecode(policy.policy).Statement :
      !contains(flatten([statement.Resource]), "arn:aws:s3:::llm-state-123456789012-us-east-1/*") if statement.Effect == "Allow"
    ]]))
    error_message = "A deploy role reads or writes the states of all."
  }
  # Who may change roles on the path of the services must not find its own there.
  assert {
    condition     = alltrue([for path in concat(values(aws_iam_role.github)[*].path, values(aws_iam_policy.deploy)[*].path, aws_iam_role.api_gateway_logs[*].path) : !startswith(path, "/llm/")])
    error_message = "A deploy role could change what bounds it."
  }
}

# A role that is handed over acts for whoever gets it; one that cannot be handed over stops the apply in its middle.
run "roles_are_handed_to_the_services_that_use_them_and_to_no_other" {
  command = plan

  assert {
    condition = alltrue(flatten([for policy in values(aws_iam_policy.deploy) : [for statement in jsondecode(policy.policy).Statement :
      length(setsubtract(["codebuild.amazonaws.com", "ec2.amazonaws.com", "vpc-flow-logs.amazonaws.com"], statement.Condition.StringEquals["iam:PassedToService"])) == 0
      && !anytrue([for service in statement.Condition.StringEquals["iam:PassedToService"] : strcontains(service, "*")])
    if contains(flatten([statement.Action]), "iam:PassRole")]]))
    error_message = "Roles of hosts, builds and flow logs are handed over, and to services that are named."
  }
  assert {
    condition = alltrue(flatten([for policy in values(aws_iam_policy.deploy) : [for statement in jsondecode(policy.policy).Statement :
      length(setsubtract(["autoscaling.amazonaws.com", "elasticloadbalancing.amazonaws.com", "ops.apigateway.amazonaws.com"], statement.Condition.StringEquals["iam:AWSServiceName"])) == 0
    if contains(flatten([statement.Action]), "iam:CreateServiceLinkedRole")]]))
    error_message = "A first deployment makes the roles of Auto Scaling, load balancing and API Gateway."
  }
  assert {
    condition     = alltrue([for role in aws_iam_role.api_gateway_logs : jsondecode(role.assume_role_policy).Statement[0].Principal == { Service = "apigateway.amazonaws.com" }])
    error_message = "API Gateway cannot use its role."
  }
}

run "the_state_is_encrypted_on_its_way_and_where_it_lies" {
  command = plan

  assert {
    condition     = jsondecode(aws_s3_bucket_policy.state.policy).Statement[0].Resource == ["arn:aws:s3:::llm-state-123456789012-us-east-1", "arn:aws:s3:::llm-state-123456789012-us-east-1/*"]
    error_message = "A state could be read without TLS."
  }
  assert {
    condition     = one(one(aws_s3_bucket_server_side_encryption_configuration.state.rule).apply_server_side_encryption_by_default).sse_algorithm == "aws:kms" && aws_kms_key.state.deletion_window_in_days >= 14
    error_message = "A state lies under the key of S3, or the key can be lost within two weeks."
  }
  # Whatever a role of a service is given, the state stays closed to it.
  assert {
    condition = alltrue([for boundary in values(aws_iam_policy.boundary) : anytrue([for statement in jsondecode(boundary.policy).Statement :
      statement.Effect == "Deny" && statement.Action == ["s3:*"] && statement.Resource == ["arn:aws:s3:::llm-state-123456789012-us-east-1", "arn:aws:s3:::llm-state-123456789012-us-east-1/*"]
    ])])
    error_message = "A host could read every state."
  }
}

run "without_github_there_are_no_roles_for_it" {
  command = plan
  variables {
    github = null
  }

  assert {
    condition     = length(aws_iam_role.github) + length(aws_iam_openid_connect_provider.github) + length(aws_iam_policy.plan) + length(aws_iam_policy.deploy) == 0
    error_message = "Nothing of GitHub is made."
  }
  assert {
    condition     = output.plan_role_arn == null && length(output.deploy_role_arns) == 0 && toset(keys(output.permissions_boundary_arns)) == toset(["dev", "staging", "prod"])
    error_message = "The boundaries are there all the same."
  }
}

run "an_account_that_knows_github_and_logs_already_is_left_alone" {
  command = plan
  variables {
    create_oidc_provider       = false
    create_api_gateway_account = false
  }

  assert {
    condition     = length(aws_iam_openid_connect_provider.github) + length(aws_api_gateway_account.this) + length(aws_iam_role.api_gateway_logs) == 0
    error_message = "What an account has once is not made twice."
  }
  assert {
    condition     = jsondecode(aws_iam_role.github["plan"].assume_role_policy).Statement[0].Principal.Federated == "arn:aws:iam::123456789012:oidc-provider/token.actions.githubusercontent.com"
    error_message = "The roles trust the provider that is there."
  }
  assert {
    condition     = output.api_gateway_logging_role_arn == null
    error_message = "There is no role to tell."
  }
}

run "the_backend_is_told_with_both_locks" {
  command = plan

  assert {
    condition     = strcontains(output.backend_config, "dynamodb_table = \"llm-state-lock\"") && strcontains(output.backend_config, "use_lockfile   = true") && strcontains(output.backend_config, "bucket         = \"llm-state-123456789012-us-east-1\"")
    error_message = output.backend_config
  }
}

run "rejects_a_name_with_capitals" {
  command = plan
  variables {
    name = "LLM"
  }
  expect_failures = [var.name]
}

run "rejects_a_name_that_aws_keeps" {
  command = plan
  variables {
    name = "sthree-llm"
  }
  expect_failures = [var.name]
}

run "rejects_a_zone_for_a_region" {
  command = plan
  variables {
    aws_region = "us-east-1a"
  }
  expect_failures = [var.aws_region]
}

run "rejects_a_region_of_another_partition" {
  command = plan
  variables {
    aws_region = "us-gov-west-1"
  }
  expect_failures = [var.aws_region]
}

run "rejects_an_account_with_hyphens" {
  command = plan
  variables {
    account_id = "1234-5678-9012"
  }
  expect_failures = [var.account_id]
}

run "rejects_owner_and_repository_in_one" {
  command = plan
  variables {
    github = { owner = "octo", owner_id = "77", repository = "octo/sluice", repository_id = "4242" }
  }
  expect_failures = [var.github]
}

run "rejects_a_name_for_an_id" {
  command = plan
  variables {
    github = { owner = "octo", owner_id = "octo", repository = "sluice", repository_id = "4242" }
  }
  expect_failures = [var.github]
}

run "rejects_an_unknown_environment" {
  command = plan
  variables {
    github = { owner = "octo", owner_id = "77", repository = "sluice", repository_id = "4242", environments = ["production"] }
  }
  expect_failures = [var.github]
}

run "rejects_versions_that_go_too_soon" {
  command = plan
  variables {
    noncurrent_version_days = 1
  }
  expect_failures = [var.noncurrent_version_days]
}
