locals {
  key_hashes = "arn:aws:secretsmanager:${local.here}:secret:${var.name}-*-gpu-keys-*"

  plan_policies = {
    read = [
      {
        Sid    = "Describe"
        Effect = "Allow"
        Action = [
          "acm:Describe*", "acm:List*", "autoscaling:Describe*", "budgets:ListTagsForResource", "budgets:ViewBudget",
          "cloudfront:Describe*", "cloudfront:Get*", "cloudfront:List*", "cloudwatch:Describe*", "cloudwatch:Get*", "cloudwatch:List*",
          "codebuild:BatchGet*", "codebuild:List*", "ec2:Describe*", "ecr:BatchGetImage", "ecr:Describe*", "ecr:GetAuthorizationToken",
          "ecr:GetLifecyclePolicy", "ecr:GetRepositoryPolicy", "ecr:List*", "elasticloadbalancing:Describe*", "events:Describe*", "events:List*",
          "iam:Get*", "iam:List*", "iam:SimulatePrincipalPolicy", "kms:Describe*", "kms:GetKey*", "kms:List*", "logs:DescribeLogGroups",
          "logs:DescribeResourcePolicies", "logs:ListTagsForResource", "route53:Get*", "route53:List*", "secretsmanager:Describe*",
          "secretsmanager:GetResourcePolicy", "secretsmanager:List*", "servicequotas:Get*", "servicequotas:List*", "sns:Get*", "sns:List*",
          "ssm:Describe*", "ssm:List*", "sts:GetCallerIdentity", "tag:Get*", "wafv2:GetLoggingConfiguration", "wafv2:GetWebACL*", "wafv2:List*",
        ]
        Resource = ["*"]
      },
      {
        # Not the values of API keys, which other APIs of the account may have.
        Sid    = "Apis"
        Effect = "Allow"
        Action = ["apigateway:GET"]
        Resource = [for kind in ["restapis*", "vpclinks*", "domainnames*", "account", "tags/*"] :
        "arn:aws:apigateway:${var.aws_region}::/${kind}"]
      },
      {
        Sid      = "Buckets"
        Effect   = "Allow"
        Action   = ["s3:Get*Configuration", "s3:GetBucket*", "s3:List*"]
        Resource = ["arn:aws:s3:::${var.name}-*"]
      },
      {
        # Objects that a root makes itself, and what was staged.
        Sid      = "Objects"
        Effect   = "Allow"
        Action   = ["s3:GetObject", "s3:GetObjectAttributes", "s3:GetObjectTagging"]
        Resource = ["arn:aws:s3:::${var.name}-*/*"]
      },
      {
        # Which machine image is the newest: `sluice preflight` looks.
        Sid      = "PublicParameters"
        Effect   = "Allow"
        Action   = ["ssm:GetParameter", "ssm:GetParameters"]
        Resource = ["arn:aws:ssm:${var.aws_region}::parameter/aws/service/*"]
      },
      {
        # To compare a secret's version the provider reads its value. These hold hashes of random keys, from which no key can be found.
        Sid      = "HashesOfKeys"
        Effect   = "Allow"
        Action   = ["secretsmanager:GetSecretValue"]
        Resource = [local.key_hashes]
      },
      {
        # For a bucket under a key of one's own: what is staged is read before a plan.
        Sid       = "KeysThroughS3"
        Effect    = "Allow"
        Action    = ["kms:Decrypt"]
        Resource  = ["arn:aws:kms:${local.here}:key/*"]
        Condition = { StringEquals = { "kms:ViaService" = "s3.${var.aws_region}.amazonaws.com" } }
      },
      {
        Sid         = "NeverSecrets"
        Effect      = "Deny"
        Action      = ["secretsmanager:GetSecretValue", "secretsmanager:BatchGetSecretValue"]
        NotResource = [local.key_hashes]
      },
      {
        # Public parameters of AWS, which name images, have no account in their ARN.
        Sid      = "NeverParameters"
        Effect   = "Deny"
        Action   = ["ssm:GetParameter", "ssm:GetParameters", "ssm:GetParametersByPath", "ssm:GetParameterHistory"]
        Resource = ["arn:aws:ssm:*:${var.account_id}:parameter/*"]
      },
      {
        # Secrets Manager and S3 decrypt in their caller's name; which secrets and which objects, is said above.
        Sid         = "NeverAnotherKey"
        Effect      = "Deny"
        Action      = ["kms:Decrypt"]
        NotResource = [aws_kms_key.state.arn]
        Condition   = { StringNotEquals = { "kms:ViaService" = [for service in ["secretsmanager", "s3"] : "${service}.${var.aws_region}.amazonaws.com"] } }
      },
    ]

    state = concat(local.state_access, [
      {
        Sid      = "Locks"
        Effect   = "Allow"
        Action   = local.lock_actions
        Resource = [local.table_arn]
      },
      {
        Sid      = "ReadStates"
        Effect   = "Allow"
        Action   = ["s3:GetObject"]
        Resource = ["${local.bucket_arn}/*"]
      },
      {
        Sid      = "LockStates"
        Effect   = "Allow"
        Action   = ["s3:PutObject", "s3:DeleteObject"]
        Resource = ["${local.bucket_arn}/*.tflock"]
      },
    ])
  }

  lock_actions = ["dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:DeleteItem"]

  # What every run needs: the list of states, the lock table, the key. The commands look before they begin whether the bucket is as it should be.
  state_access = [
    {
      Sid      = "ListStates"
      Effect   = "Allow"
      Action   = ["s3:GetBucketLocation", "s3:GetBucketVersioning", "s3:GetEncryptionConfiguration", "s3:ListBucket"]
      Resource = [local.bucket_arn]
    },
    {
      Sid      = "LockTable"
      Effect   = "Allow"
      Action   = ["dynamodb:DescribeTable"]
      Resource = [local.table_arn]
    },
    {
      Sid      = "StateKey"
      Effect   = "Allow"
      Action   = ["kms:Decrypt", "kms:DescribeKey", "kms:Encrypt", "kms:GenerateDataKey"]
      Resource = [aws_kms_key.state.arn]
    },
  ]
}
