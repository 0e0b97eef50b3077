locals {
  here = "${var.aws_region}:${var.account_id}"

  in_region = { StringEquals = { "aws:RequestedRegion" = var.aws_region } }

  deploy_statements = { for environment in local.environments : environment => {
    network  = local.network_statements[environment]
    edge     = local.edge_statements[environment]
    data     = local.data_statements[environment]
    identity = local.identity_statements[environment]
  } }

  # Network, load balancer, hosts. EC2 gives ids, so the region is the bound there.
  network_statements = { for environment in local.environments : environment => [
    {
      Sid       = "Ec2"
      Effect    = "Allow"
      Condition = local.in_region
      Resource  = ["*"]
      Action = [
        "ec2:AllocateAddress", "ec2:AssociateRouteTable", "ec2:AssociateAddress", "ec2:AttachInternetGateway", "ec2:AuthorizeSecurityGroup*",
        "ec2:CreateFlowLogs", "ec2:CreateInternetGateway", "ec2:CreateLaunchTemplate*", "ec2:CreateNatGateway", "ec2:CreateRoute*",
        "ec2:CreateSecurityGroup", "ec2:CreateSubnet", "ec2:CreateTags", "ec2:CreateVpc", "ec2:CreateVpcEndpoint", "ec2:DeleteFlowLogs",
        "ec2:DeleteInternetGateway", "ec2:DeleteLaunchTemplate*", "ec2:DeleteNatGateway", "ec2:DeleteNetworkInterface", "ec2:DeleteRoute*",
        "ec2:DeleteSecurityGroup", "ec2:DeleteSubnet", "ec2:DeleteTags", "ec2:DeleteVpc", "ec2:DeleteVpcEndpoints", "ec2:Describe*",
        "ec2:DetachInternetGateway", "ec2:DetachNetworkInterface", "ec2:DisassociateAddress", "ec2:DisassociateRouteTable", "ec2:Get*",
        "ec2:ModifyLaunchTemplate", "ec2:ModifySecurityGroupRules", "ec2:ModifySubnetAttribute", "ec2:ModifyVpcAttribute",
        "ec2:ModifyVpcEndpoint", "ec2:ReleaseAddress", "ec2:ReplaceRoute*", "ec2:RevokeSecurityGroup*", "ec2:RunInstances",
        "ec2:UpdateSecurityGroupRuleDescriptions*",
      ]
    },
    {
      Sid      = "Describe"
      Effect   = "Allow"
      Action   = ["autoscaling:Describe*", "elasticloadbalancing:Describe*", "servicequotas:Get*", "servicequotas:List*"]
      Resource = ["*"]
    },
    {
      Sid    = "LoadBalancer"
      Effect = "Allow"
      Action = ["elasticloadbalancing:*"]
      Resource = [
        "arn:aws:elasticloadbalancing:${local.here}:loadbalancer/app/${var.name}-${environment}-*",
        "arn:aws:elasticloadbalancing:${local.here}:listener/app/${var.name}-${environment}-*",
        "arn:aws:elasticloadbalancing:${local.here}:listener-rule/app/${var.name}-${environment}-*",
        "arn:aws:elasticloadbalancing:${local.here}:targetgroup/${var.name}-${environment}-*",
      ]
    },
    {
      Sid      = "Fleets"
      Effect   = "Allow"
      Action   = ["autoscaling:*"]
      Resource = ["arn:aws:autoscaling:${local.here}:autoScalingGroup:*:autoScalingGroupName/${var.name}-${environment}-*"]
    },
  ] }

  # API Gateway and CloudFront give ids too.
  edge_statements = { for environment in local.environments : environment => [
    {
      Sid      = "ApiGateway"
      Effect   = "Allow"
      Action   = ["apigateway:GET", "apigateway:POST", "apigateway:PUT", "apigateway:PATCH", "apigateway:DELETE", "apigateway:SetWebACL"]
      Resource = [for kind in ["restapis*", "vpclinks*", "domainnames*", "tags/*"] : "arn:aws:apigateway:${var.aws_region}::/${kind}"]
    },
    {
      # Which role writes logs is the whole account's, and set by this root.
      Sid      = "ApiGatewayAccount"
      Effect   = "Allow"
      Action   = ["apigateway:GET"]
      Resource = ["arn:aws:apigateway:${var.aws_region}::/account"]
    },
    {
      Sid    = "Firewall"
      Effect = "Allow"
      Action = ["wafv2:*"]
      Resource = [
        "arn:aws:wafv2:${local.here}:regional/webacl/${var.name}-${environment}-*",
        "arn:aws:apigateway:${var.aws_region}::/restapis/*/stages/*",
      ]
    },
    {
      Sid      = "ReadFirewalls"
      Effect   = "Allow"
      Action   = ["wafv2:CheckCapacity", "wafv2:Get*", "wafv2:List*"]
      Resource = ["*"]
    },
    {
      Sid    = "Cdn"
      Effect = "Allow"
      Action = [
        "cloudfront:Create*", "cloudfront:Delete*", "cloudfront:Describe*", "cloudfront:Get*", "cloudfront:List*", "cloudfront:Publish*",
        "cloudfront:TagResource", "cloudfront:UntagResource", "cloudfront:Update*",
      ]
      Resource = ["*"]
    },
    {
      Sid    = "Names"
      Effect = "Allow"
      # The private names of interface endpoints are a zone of AWS's, which is associated with the VPC by whoever makes the endpoint.
      Action = [
        "acm:Describe*", "acm:Get*", "acm:List*", "route53:AssociateVPCWithHostedZone", "route53:ChangeResourceRecordSets", "route53:Get*", "route53:List*",
      ]
      Resource = ["*"]
    },
  ] }

  data_statements = { for environment in local.environments : environment => [
    {
      Sid    = "Buckets"
      Effect = "Allow"
      Action = [
        "s3:AbortMultipartUpload", "s3:CreateBucket", "s3:DeleteBucket*", "s3:DeleteObject*", "s3:Get*", "s3:List*", "s3:PutBucket*",
        "s3:PutEncryptionConfiguration", "s3:PutLifecycleConfiguration", "s3:PutObject*", "s3:TagResource", "s3:UntagResource",
      ]
      Resource = ["arn:aws:s3:::${var.name}-${environment}-*"]
    },
    {
      Sid    = "ByName"
      Effect = "Allow"
      Action = ["cloudwatch:*", "codebuild:*", "ecr:*", "events:*", "secretsmanager:*", "sns:*"]
      Resource = [
        "arn:aws:cloudwatch:${local.here}:alarm:${var.name}-${environment}-*",
        "arn:aws:cloudwatch::${var.account_id}:dashboard/${var.name}-${environment}-*",
        "arn:aws:codebuild:${local.here}:project/${var.name}-${environment}-*",
        "arn:aws:ecr:${local.here}:repository/${var.name}-${environment}-*",
        "arn:aws:events:${local.here}:rule/${var.name}-${environment}-*",
        "arn:aws:secretsmanager:${local.here}:secret:${var.name}-${environment}-*",
        "arn:aws:sns:${local.here}:${var.name}-${environment}-*",
      ]
    },
    {
      Sid    = "Logs"
      Effect = "Allow"
      Action = ["logs:*"]
      Resource = [
        "arn:aws:logs:${local.here}:log-group:/llm/${var.name}-${environment}-*",
        "arn:aws:logs:${local.here}:log-group:aws-waf-logs-${var.name}-${environment}-*",
        "arn:aws:logs:${local.here}:log-group:API-Gateway-Execution-Logs_*",
      ]
    },
    {
      # Calls that take no resource, most of them reads. Composite alarms can only be changed by who may change all (API_PutCompositeAlarm,
      # API_DeleteAlarms), and a subscription is no resource to IAM. Contents of other logs are not among them.
      Sid       = "Account"
      Effect    = "Allow"
      Condition = local.in_region
      Action = [
        "cloudwatch:DeleteAlarms", "cloudwatch:Describe*", "cloudwatch:Get*", "cloudwatch:List*", "cloudwatch:PutCompositeAlarm", "codebuild:List*",
        "ecr:Describe*", "ecr:GetAuthorizationToken", "events:List*", "kms:Describe*", "kms:List*", "logs:CreateLogDelivery",
        "logs:DeleteLogDelivery", "logs:DescribeLogGroups", "logs:DescribeResourcePolicies", "logs:GetLogDelivery", "logs:ListLogDeliveries",
        "logs:PutResourcePolicy", "logs:UpdateLogDelivery", "secretsmanager:ListSecrets", "sns:GetSubscriptionAttributes", "sns:List*",
        "sns:SetSubscriptionAttributes", "sns:Unsubscribe", "tag:Get*",
      ]
      Resource = ["*"]
    },
    {
      # For volumes under a key of one's own. Only a service may be given a grant: one for this role would open every key of the account.
      Sid       = "KeysForServices"
      Effect    = "Allow"
      Action    = ["kms:CreateGrant"]
      Resource  = ["*"]
      Condition = merge(local.in_region, { Bool = { "kms:GrantIsForAWSResource" = "true" } })
    },
    {
      # For a bucket under a key of one's own (kms_key_arn of artifacts). S3 uses the key for who may have the object, and for nobody else.
      Sid       = "KeysThroughS3"
      Effect    = "Allow"
      Action    = ["kms:Decrypt", "kms:GenerateDataKey"]
      Resource  = ["arn:aws:kms:${local.here}:key/*"]
      Condition = { StringEquals = { "kms:ViaService" = "s3.${var.aws_region}.amazonaws.com" } }
    },
    {
      Sid      = "PublicParameters"
      Effect   = "Allow"
      Action   = ["ssm:GetParameter", "ssm:GetParameters"]
      Resource = ["arn:aws:ssm:${var.aws_region}::parameter/aws/*"]
    },
    {
      Sid      = "Budgets"
      Effect   = "Allow"
      Action   = ["budgets:ListTagsForResource", "budgets:ModifyBudget", "budgets:TagResource", "budgets:UntagResource", "budgets:ViewBudget"]
      Resource = ["arn:aws:budgets::${var.account_id}:budget/${var.name}-${environment}-*"]
    },
  ] }

  # Roles: on the path of the services, with the environment's boundary, and handed to the services that use them. State: of this environment.
  identity_statements = { for environment in local.environments : environment => concat(local.state_access, [
    {
      Sid       = "OwnLocks"
      Effect    = "Allow"
      Action    = local.lock_actions
      Resource  = [local.table_arn]
      Condition = { "ForAllValues:StringLike" = { "dynamodb:LeadingKeys" = ["${local.bucket}/*/${environment}.tfstate", "${local.bucket}/*/${environment}.tfstate-md5"] } }
    },
    {
      # What AWS gives ids has no name to bound it by, but the tags of its deployment, where it takes tags. This narrows; it allows nothing.
      Sid    = "NeverAnotherEnvironment"
      Effect = "Deny"
      Action = [
        "apigateway:DELETE", "apigateway:PATCH", "apigateway:POST", "apigateway:PUT", "apigateway:SetWebACL", "cloudfront:DeleteDistribution",
        "cloudfront:TagResource", "cloudfront:UntagResource", "cloudfront:UpdateDistribution", "ec2:*",
      ]
      Resource = ["*"]
      Condition = { StringEquals = {
        "aws:ResourceTag/Project"     = var.name
        "aws:ResourceTag/Environment" = setsubtract(local.all_environments, [environment])
      } }
    },
    {
      Sid       = "RolesWithinTheBoundary"
      Effect    = "Allow"
      Action    = ["iam:AttachRolePolicy", "iam:CreateRole", "iam:DetachRolePolicy", "iam:PutRolePermissionsBoundary", "iam:PutRolePolicy"]
      Resource  = ["arn:aws:iam::${var.account_id}:role/llm/${var.name}-${environment}-*"]
      Condition = { StringEquals = { "iam:PermissionsBoundary" = local.boundary_arns[environment] } }
    },
    {
      # None of these can add a permission.
      Sid    = "CareOfRoles"
      Effect = "Allow"
      Action = [
        "iam:AddRoleToInstanceProfile", "iam:CreateInstanceProfile", "iam:DeleteInstanceProfile", "iam:DeleteRole", "iam:DeleteRolePolicy",
        "iam:RemoveRoleFromInstanceProfile", "iam:TagInstanceProfile", "iam:TagRole", "iam:UntagInstanceProfile", "iam:UntagRole",
        "iam:UpdateAssumeRolePolicy", "iam:UpdateRole", "iam:UpdateRoleDescription",
      ]
      Resource = [
        "arn:aws:iam::${var.account_id}:instance-profile/llm/${var.name}-${environment}-*",
        "arn:aws:iam::${var.account_id}:role/llm/${var.name}-${environment}-*",
      ]
    },
    {
      Sid      = "HandRolesOver"
      Effect   = "Allow"
      Action   = ["iam:PassRole"]
      Resource = ["arn:aws:iam::${var.account_id}:role/llm/${var.name}-${environment}-*"]
      Condition = { StringEquals = { "iam:PassedToService" = [
        "apigateway.amazonaws.com", "autoscaling.amazonaws.com", "codebuild.amazonaws.com", "ec2.amazonaws.com", "events.amazonaws.com",
        "vpc-flow-logs.amazonaws.com",
      ] } }
    },
    {
      Sid      = "ReadIdentities"
      Effect   = "Allow"
      Action   = ["iam:Get*", "iam:List*", "iam:SimulatePrincipalPolicy", "sts:GetCallerIdentity"]
      Resource = ["*"]
    },
    {
      Sid      = "ServiceRoles"
      Effect   = "Allow"
      Action   = ["iam:CreateServiceLinkedRole"]
      Resource = ["arn:aws:iam::${var.account_id}:role/aws-service-role/*"]
      Condition = { StringEquals = { "iam:AWSServiceName" = [
        "autoscaling.amazonaws.com", "elasticloadbalancing.amazonaws.com", "ops.apigateway.amazonaws.com", "spot.amazonaws.com",
        "wafv2.amazonaws.com",
      ] } }
    },
    {
      Sid      = "OwnStates"
      Effect   = "Allow"
      Action   = ["s3:DeleteObject", "s3:GetObject", "s3:PutObject"]
      Resource = ["${local.bucket_arn}/*/${environment}.tfstate", "${local.bucket_arn}/*/${environment}.tfstate.tflock"]
    },
    {
      # Its outputs: the boundary and the key.
      Sid      = "ReadBootstrap"
      Effect   = "Allow"
      Action   = ["s3:GetObject"]
      Resource = ["${local.bucket_arn}/bootstrap.tfstate"]
    },
  ]) }
}
