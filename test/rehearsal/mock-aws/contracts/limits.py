"""Limits of single values, each from the page of AWS's documentation that the comment above it names."""

import base64
import binascii
import re

EC2_TEXT = r"[A-Za-z0-9. _\-:/()#,@\[\]+=&;{}!$*]"
RETENTION_DAYS = (1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653)
# CloudFront Developer Guide, "Generate custom error responses".
CLOUDFRONT_ERRORS = (400, 403, 404, 405, 414, 416, 500, 501, 502, 503, 504)
# WAF Developer Guide, "Supported status codes for custom responses".
WAF_STATUSES = {200, 201, 202, 204, 206, *range(300, 306), 307, 308, *range(400, 408), 408, 409, 411, 412, 413, 414, 415, 416, 421, 429, *range(500, 506)}


def like(pattern):
    """Whether all of a text matches."""
    compiled = re.compile(pattern)
    return lambda value: compiled.fullmatch(value) is not None


def within(lowest, highest):
    """Whether a number lies there."""
    return lambda value: lowest <= float(value) <= highest


def one_of(*values):
    """Whether a value is one of these."""
    return lambda value: value in values


def packed(limit):
    """Whether a text in base64 holds no more bytes."""

    def fits(value):
        try:
            return len(base64.b64decode(value, validate=True)) <= limit
        except binascii.Error:
            return False

    return fits


def texts(operations, paths, pattern, rule):
    """The same limit at several places."""
    return [(operations, path, like(pattern), rule) for path in paths]


# Pattern of "service:Operation", path, what is allowed, and how the rule is told.
LIMITS = [
    # EC2 API Reference, CreateSecurityGroup, IpRange, UserIdGroupPair, PrefixListId
    ("ec2:CreateSecurityGroup", "GroupName", like(rf"(?!sg-){EC2_TEXT}{{1,255}}"), "a group's name takes a-zA-Z0-9. _-:/()#,@[]+=&;{}!$*, at most 255, and does not begin with sg-"),
    ("ec2:CreateSecurityGroup", "Description", like(rf"{EC2_TEXT}{{1,255}}"), "a group's description takes a-zA-Z0-9. _-:/()#,@[]+=&;{}!$*, at most 255"),
    *texts(
        "ec2:*SecurityGroup*",
        [f"IpPermissions[].{kind}[].Description" for kind in ("IpRanges", "Ipv6Ranges", "UserIdGroupPairs", "PrefixListIds")] + ["SecurityGroupRules[].SecurityGroupRule.Description"],
        rf"{EC2_TEXT}{{0,255}}",
        "a rule's description takes a-zA-Z0-9. _-:/()#,@[]+=&;{}!$*, at most 255",
    ),
    # EC2 User Guide, "Instance user data": 16 KB before it is encoded
    ("ec2:CreateLaunchTemplate*", "LaunchTemplateData.UserData", packed(16_384), "user data is base64 of at most 16384 bytes"),
    # EC2 API Reference, LaunchTemplateTagSpecificationRequest
    (
        "ec2:CreateLaunchTemplate*",
        "LaunchTemplateData.TagSpecifications[].ResourceType",
        one_of("instance", "volume", "network-interface", "spot-instances-request", "elastic-gpu"),
        "a launch template tags instance, volume, network-interface or spot-instances-request",
    ),
    ("ec2:CreateLaunchTemplate*", "LaunchTemplateData.MetadataOptions.HttpPutResponseHopLimit", within(1, 64), "the hop limit is from 1 to 64"),
    # EBS User Guide, "General Purpose SSD volumes"; EC2 API Reference, LaunchTemplateEbsBlockDeviceRequest
    ("ec2:CreateLaunchTemplate*", "LaunchTemplateData.BlockDeviceMappings[].Ebs.VolumeInitializationRate", within(100, 300), "a volume is initialised with 100 to 300 MiB/s"),
    # EC2 API Reference, CreateFlowLogs
    ("ec2:CreateFlowLogs", "MaxAggregationInterval", one_of(60, 600), "records are gathered for 60 or 600 seconds"),
    # Auto Scaling API Reference, PutLifecycleHook
    ("autoscaling:PutLifecycleHook", "HeartbeatTimeout", within(30, 7200), "a hook waits 30 to 7200 seconds"),
    ("autoscaling:CreateAutoScalingGroup", "LifecycleHookSpecificationList[].HeartbeatTimeout", within(30, 7200), "a hook waits 30 to 7200 seconds"),
    ("autoscaling:*", "LifecycleHookName", like(r"[A-Za-z0-9\-_/]+"), "a hook's name takes letters, digits, - _ /"),
    ("autoscaling:CreateAutoScalingGroup", "AutoScalingGroupName", like(r"[^:]{1,255}"), "a group's name has no colon"),
    # Auto Scaling User Guide, "Termination policies", "Enable group metrics"
    (
        "autoscaling:*AutoScalingGroup",
        "TerminationPolicies[]",
        lambda value: value in ("Default", "AllocationStrategy", "OldestLaunchTemplate", "OldestLaunchConfiguration", "ClosestToNextInstanceHour", "NewestInstance", "OldestInstance")
        or value.startswith("arn:"),
        "there is no such termination policy",
    ),
    ("autoscaling:EnableMetricsCollection", "Metrics[]", like(r"(Group|WarmPool|GroupAndWarmPool)[A-Za-z]+"), "there is no such metric of a group"),
    ("autoscaling:EnableMetricsCollection", "Granularity", one_of("1Minute"), "the only granularity is 1Minute"),
    # Auto Scaling API Reference, InstancesDistribution
    *[
        (f"autoscaling:{operation}", f"MixedInstancesPolicy.InstancesDistribution.{member}", one_of(*values), f"{member} is one of {', '.join(values)}")
        for operation in ("CreateAutoScalingGroup", "UpdateAutoScalingGroup")
        for member, values in {
            "OnDemandAllocationStrategy": ("lowest-price", "prioritized"),
            "SpotAllocationStrategy": ("price-capacity-optimized", "capacity-optimized", "capacity-optimized-prioritized", "lowest-price"),
        }.items()
    ],
    ("autoscaling:*", "MixedInstancesPolicy.InstancesDistribution.OnDemandPercentageAboveBaseCapacity", within(0, 100), "a percentage is from 0 to 100"),
    ("autoscaling:*", "MaxInstanceLifetime", lambda value: value == 0 or 86_400 <= value <= 31_536_000, "a lifetime is 0, or 86400 to 31536000 seconds"),
    # Elastic Load Balancing API Reference, CreateLoadBalancer, CreateTargetGroup
    (
        "elbv2:CreateLoadBalancer",
        "Name",
        like(r"(?!internal-)[A-Za-z0-9]([A-Za-z0-9-]{0,30}[A-Za-z0-9])?"),
        "a load balancer's name takes 32 letters, digits and hyphens, not at its ends, and does not begin with internal-",
    ),
    ("elbv2:CreateTargetGroup", "Name", like(r"[A-Za-z0-9]([A-Za-z0-9-]{0,30}[A-Za-z0-9])?"), "a target group's name takes 32 letters, digits and hyphens, not at its ends"),
    ("elbv2:CreateLoadBalancer", "Subnets", lambda value: len(set(value)) >= 2, "an Application Load Balancer takes subnets of two zones or more"),
    ("elbv2:*TargetGroup", "Matcher.HttpCode", like(r"[2-4]\d\d([,-][2-4]\d\d)*"), "success codes are from 200 to 499"),
    ("elbv2:*TargetGroup", "HealthCheckPath", like(r"/.{0,1023}"), "a path begins with / and has at most 1024 characters"),
    # CloudWatch Logs API Reference, PutRetentionPolicy
    ("logs:PutRetentionPolicy", "retentionInDays", one_of(*RETENTION_DAYS), f"days are one of {', '.join(map(str, RETENTION_DAYS))}"),
    # SNS API Reference, CreateTopic
    ("sns:CreateTopic", "Name", like(r"[A-Za-z0-9_-]{1,256}"), "a topic's name takes 256 letters, digits, hyphens and underscores"),
    ("sns:CreateTopic", "Attributes.DisplayName", like(r"[^\n]{0,100}"), "a display name has at most 100 characters"),
    # Secrets Manager API Reference, CreateSecret; a name that ends like AWS's own suffix is found by a partial ARN
    ("secretsmanager:CreateSecret", "Name", like(r"(?!.*-[A-Za-z0-9]{6}$)[A-Za-z0-9/_+=.@-]{1,512}"), "a secret's name takes letters, digits and /_+=.@-, and does not end with a hyphen and six characters"),
    ("secretsmanager:DeleteSecret", "RecoveryWindowInDays", within(7, 30), "a secret can be brought back for 7 to 30 days"),
    # KMS API Reference, CreateAlias, ScheduleKeyDeletion
    ("kms:CreateAlias", "AliasName", like(r"alias/(?!aws/)[A-Za-z0-9/_-]{1,250}"), "an alias is alias/ and letters, digits, /_-, and alias/aws/ is AWS's"),
    ("kms:ScheduleKeyDeletion", "PendingWindowInDays", within(7, 30), "a key is deleted after 7 to 30 days"),
    # Budgets API Reference, Budget, Subscriber; Billing User Guide, "Filtering by tag": user:Key$Value
    ("budgets:CreateBudget", "Budget.CostFilters.TagKeyValue[]", like(r"(user|aws):[^$]+\$.*"), "a tag is user:Key$Value"),
    ("budgets:Create*", "NotificationsWithSubscribers[].Subscribers[].Address", like(r"[^@\s]+@[^@\s]+|arn:.+"), "a subscriber is an e-mail address or a topic"),
    # CodeBuild User Guide, "Quotas" and API Reference, CreateProject
    ("codebuild:CreateProject", "name", like(r"[A-Za-z0-9][A-Za-z0-9\-_]{1,149}"), "a project's name takes 2 to 150 letters, digits, - and _"),
    ("codebuild:*Project", "description", like(r"(?s).{0,255}"), "a description has at most 255 characters"),
    ("codebuild:*Project", "timeoutInMinutes", within(5, 2160), "a build takes 5 to 2160 minutes"),
    ("codebuild:*Project", "queuedTimeoutInMinutes", within(5, 480), "a build waits 5 to 480 minutes"),
    ("codebuild:*", "environment.environmentVariables[].name", like(r"(?!CODEBUILD_)[A-Za-z_][A-Za-z0-9_]*"), "a variable's name takes letters, digits and _, and CODEBUILD_ is AWS's"),
    ("codebuild:*", "environment.environmentVariables", lambda value: sum(len(one["name"]) + len(one["value"]) for one in value) <= 5500, "names and values of variables have at most 5500 characters together"),
    # S3 User Guide, "Bucket naming rules"
    (
        "s3:CreateBucket",
        "Bucket",
        like(r"(?!xn--|sthree-|amzn-s3-demo-|\d+\.\d+\.\d+\.\d+$)(?!.*(-s3alias|--ol-s3|\.mrap|--x-s3|--table-s3)$)(?!.*\.\.)[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]"),
        "a bucket's name takes 3 to 63 lower-case letters, digits, dots and hyphens, and begins and ends with a letter or digit",
    ),
    # API Gateway API Reference, CreateStage; Developer Guide, "Set up CloudWatch logging": a request id is needed, and the format has one line
    ("apigateway:CreateStage", "stageName", like(r"[A-Za-z0-9_-]{1,128}"), "a stage's name takes 128 letters, digits, hyphens and underscores"),
    (
        "apigateway:UpdateStage",
        "patchOperations",
        lambda value: all(re.search(r"\$context\.(requestId|extendedRequestId)", one["value"]) and "\n" not in one["value"] for one in value if one.get("path") == "/accessLogSettings/format"),
        "the format of an access log has one line and $context.requestId",
    ),
    # WAF Developer Guide, "Rate-based rule statement", "Custom responses"
    *[
        (f"wafv2:{verb}WebACL", path, is_allowed, rule)
        for verb in ("Create", "Update")
        for path, is_allowed, rule in (
            ("Rules[].Statement.RateBasedStatement.Limit", within(10, 2_000_000_000), "a rate limit is from 10 to 2000000000"),
            ("Rules[].Statement.RateBasedStatement.EvaluationWindowSec", one_of(60, 120, 300, 600), "a rate is counted over 60, 120, 300 or 600 seconds"),
            ("Rules[].Action.Block.CustomResponse.ResponseCode", one_of(*WAF_STATUSES), "WAF cannot answer with that status"),
            ("CustomResponseBodies.*.Content", lambda value: len(value.encode()) <= 4096, "a body has at most 4 KB"),
        )
    ],
    # WAF Developer Guide, "Sending web ACL traffic logs": destinations are named aws-waf-logs-…
    ("wafv2:PutLoggingConfiguration", "LoggingConfiguration.LogDestinationConfigs[]", like(r"arn:[^:]+:(logs:.*:log-group:|s3:::|firehose:.*:deliverystream/)aws-waf-logs-.+"), "a log's name begins with aws-waf-logs-"),
    # CloudFront API Reference, DistributionConfig, OriginAccessControlConfig, ResponseHeadersPolicyConfig
    ("cloudfront:*Distribution*", "*.*.Comment", like(r"(?s).{0,128}"), "a comment has at most 128 characters"),
    ("cloudfront:*Distribution*", "*.Comment", like(r"(?s).{0,128}"), "a comment has at most 128 characters"),
    ("cloudfront:*Distribution*", "*.CustomErrorResponses.Items[].ErrorCode", one_of(*CLOUDFRONT_ERRORS), "CloudFront has no error page for that status"),
    ("cloudfront:*OriginAccessControl", "OriginAccessControlConfig.Name", like(r".{1,64}"), "a name has at most 64 characters"),
    ("cloudfront:*OriginAccessControl", "OriginAccessControlConfig.Description", like(r".{0,256}"), "a description has at most 256 characters"),
    ("cloudfront:*ResponseHeadersPolicy", "ResponseHeadersPolicyConfig.Name", like(r"[A-Za-z0-9_-]{1,128}"), "a name takes 128 letters, digits, hyphens and underscores"),
    ("cloudfront:*ResponseHeadersPolicy", "ResponseHeadersPolicyConfig.Comment", like(r".{0,128}"), "a comment has at most 128 characters"),
    # EventBridge API Reference, PutRule
    ("events:PutRule", "Description", like(r"(?s).{0,512}"), "a description has at most 512 characters"),
]
