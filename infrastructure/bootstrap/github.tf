locals {
  issuer       = "token.actions.githubusercontent.com"
  provider_arn = "arn:aws:iam::${var.account_id}:oidc-provider/${local.issuer}"
  environments = var.github == null ? toset([]) : var.github.environments

  # Repositories that were made or renamed since 15 July 2026 have ids in the subject, so that nobody can take a name over; older ones have names
  # alone (GitHub Docs, "OpenID Connect reference"). Both are trusted, exactly, and nothing else of the repository is.
  repositories = var.github == null ? [] : [
    "repo:${var.github.owner}/${var.github.repository}",
    "repo:${var.github.owner}@${var.github.owner_id}/${var.github.repository}@${var.github.repository_id}",
  ]

  # A deployment plans before anybody is asked, so in an environment of GitHub's that asks nobody: dev-plan for dev.
  roles = var.github == null ? {} : merge(
    { plan = concat(["pull_request"], [for environment in local.environments : "environment:${environment}-plan"]) },
    { for environment in local.environments : "deploy-${environment}" => ["environment:${environment}"] },
  )

  trust = { for role, contexts in local.roles : role => {
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Action    = "sts:AssumeRoleWithWebIdentity"
      Principal = { Federated = local.provider_arn }
      Condition = { StringEquals = {
        "${local.issuer}:aud" = "sts.amazonaws.com"
        "${local.issuer}:sub" = flatten([for context in contexts : [for repository in local.repositories : "${repository}:${context}"]])
      } }
    }]
  } }
}

resource "aws_iam_openid_connect_provider" "github" {
  count = var.github != null && var.create_oidc_provider ? 1 : 0

  # No thumbprint: AWS checks GitHub's certificate against its own trust store.
  url            = "https://${local.issuer}"
  client_id_list = ["sts.amazonaws.com"]
}

resource "aws_iam_role" "github" {
  for_each = local.roles

  name                 = "${var.name}-${each.key}"
  path                 = local.path
  description          = "GitHub Actions: ${join(", ", each.value)}"
  max_session_duration = 7200
  assume_role_policy   = jsonencode(local.trust[each.key])

  depends_on = [aws_iam_openid_connect_provider.github]
}

resource "aws_iam_policy" "plan" {
  # checkov:skip=CKV_AWS_355:reads alone, and describing calls take no resource
  # checkov:skip=CKV_AWS_290:its only writes are to the locks of the state, by name
  # checkov:skip=CKV_AWS_288:what could be carried off is denied: secrets, secure parameters, anything under another key
  for_each = { for part, statements in local.plan_policies : part => statements if var.github != null }

  name        = "${var.name}-plan-${each.key}"
  path        = local.path
  description = "Plans of ${var.name}: ${each.key}"
  policy      = jsonencode({ Version = "2012-10-17", Statement = each.value })
}

resource "aws_iam_role_policy_attachment" "plan" {
  for_each = aws_iam_policy.plan

  role       = aws_iam_role.github["plan"].name
  policy_arn = each.value.arn
}

locals {
  # Each environment has policies of its own: a workflow of dev can touch neither what prod runs on nor prod's state.
  deploy_policies = merge([for environment in local.environments : {
    for part, statements in local.deploy_statements[environment] : "${environment}-${part}" => { environment = environment, statements = statements }
  }]...)
}

resource "aws_iam_policy" "deploy" {
  # checkov:skip=CKV_AWS_286:roles can be made on one path only, and only within the boundary
  # checkov:skip=CKV_AWS_287:reads secrets of its own environment, which it makes
  # checkov:skip=CKV_AWS_288:as above
  # checkov:skip=CKV_AWS_289:roles can be made on one path only, and only within the boundary
  # checkov:skip=CKV_AWS_290:where AWS gives ids instead of names, the region is the bound
  # checkov:skip=CKV_AWS_355:as above
  for_each = local.deploy_policies

  name        = "${var.name}-deploy-${each.key}"
  path        = local.path
  description = "Deployments of ${var.name}: ${each.key}"
  policy      = jsonencode({ Version = "2012-10-17", Statement = each.value.statements })
}

resource "aws_iam_role_policy_attachment" "deploy" {
  for_each = local.deploy_policies

  role       = aws_iam_role.github["deploy-${each.value.environment}"].name
  policy_arn = aws_iam_policy.deploy[each.key].arn
}
