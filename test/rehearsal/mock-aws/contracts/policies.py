"""IAM policies within requests: their length and their grammar (IAM User Guide, "IAM and AWS STS quotas", "Grammar of the JSON policy language")."""

import json
import re

# arn:partition:service:region:account:resource. ARNs of S3 have neither region nor account, but for access points.
RESOURCE = re.compile(r"\*|arn:(aws[a-z-]*|\*):(?!s3:)[a-z0-9*?-]+:[a-z0-9*?-]*:(\d{12}|aws|[*?]?|[\d*?]+):.+|arn:(aws[a-z-]*|\*):s3:::.+|arn:(aws[a-z-]*|\*):s3:[a-z0-9*?-]+:[\d*?]+:.+")
ACTION = re.compile(r"\*|[A-Za-z0-9-]+:[A-Za-z0-9*?]+")
OPERATOR = re.compile(
    r"((ForAllValues|ForAnyValue):)?(String(Not)?(Equals(IgnoreCase)?|Like)|Numeric(Not)?Equals|Numeric(Less|Greater)Than(Equals)?|Date(Not)?Equals|Date(Less|Greater)Than(Equals)?"
    r"|Bool|BinaryEquals|(Not)?IpAddress|Arn(Not)?(Equals|Like))(IfExists)?|Null"
)
MEMBERS = {"Sid", "Effect", "Action", "NotAction", "Resource", "NotResource", "Principal", "NotPrincipal", "Condition"}


def listed(value):
    """One or several."""
    return value if isinstance(value, list) else [value]


def document(member, limit=None, kind="identity"):
    """A rule for the policy at a member of a request. Its length counts without white space. Only a policy of a resource or a role's trust names principals."""

    def violations(parsed):
        text = parsed.get(member)
        if text is None:
            return
        length = len(re.sub(r"\s", "", text))
        if limit is not None and length > limit:
            yield member, length, f"a policy here has at most {limit} characters without white space"
        try:
            statements = listed(json.loads(text)["Statement"])
        except (ValueError, KeyError, TypeError):
            yield member, text, "must be a policy in JSON with a Statement"
            return
        sids = [one["Sid"] for one in statements if "Sid" in one]
        for index, statement in enumerate(statements):
            for rule in broken(statement, kind):
                yield f"{member}.Statement[{index}]", statement, rule
            if "Sid" in statement and (sids.count(statement["Sid"]) > 1 or (kind == "identity" and not re.fullmatch(r"[A-Za-z0-9]*", statement["Sid"]))):
                yield f"{member}.Statement[{index}].Sid", statement["Sid"], "takes letters and digits, and is given once"

    return violations


def broken(statement, kind):
    """What a statement breaks."""
    if set(statement) - MEMBERS:
        yield f"has no member {', '.join(sorted(set(statement) - MEMBERS))}"
    if statement.get("Effect") not in ("Allow", "Deny"):
        yield "Effect is Allow or Deny"
    if ("Action" in statement) == ("NotAction" in statement):
        yield "has either Action or NotAction"
    if kind != "trust" and ("Resource" in statement) == ("NotResource" in statement):
        yield "has either Resource or NotResource"
    if kind == "trust" and "Resource" in statement:
        yield "a trust policy has no Resource"
    if ("Principal" in statement or "NotPrincipal" in statement) == (kind == "identity"):
        yield "a policy of an identity names no Principal" if kind == "identity" else "names a Principal"
    for action in listed(statement.get("Action", statement.get("NotAction", []))):
        if not ACTION.fullmatch(action):
            yield f"{action} is no action"
    for resource in listed(statement.get("Resource", statement.get("NotResource", []))):
        if not RESOURCE.fullmatch(re.sub(r"\$\{[^}]+\}", "x", resource)):
            yield f"{resource} is no ARN"
    for operator, keys in statement.get("Condition", {}).items():
        if not OPERATOR.fullmatch(operator):
            yield f"{operator} is no operator"
        for key, values in keys.items():
            if not re.fullmatch(r"[A-Za-z0-9.-]+:.+", key):
                yield f"{key} is no key of a condition"
            if any(not isinstance(value, (str, bool, int, float)) for value in listed(values)):
                yield f"{key} has a value that is no text"


# SNS Developer Guide, "Identity and access management": actions that the policy of a topic may hold.
OF_TOPICS = {"addpermission", "deletetopic", "getdataprotectionpolicy", "gettopicattributes", "listsubscriptionsbytopic", "publish", "putdataprotectionpolicy", "receive", "removepermission", "settopicattributes", "subscribe"}


def topic(parsed):
    """The policy of a topic, which is one of its attributes."""
    if parsed.get("AttributeName") != "Policy":
        return
    yield from document("AttributeValue", 30_720, "resource")(parsed)
    for statement in listed(json.loads(parsed["AttributeValue"]).get("Statement", [])):
        for action in listed(statement.get("Action", [])):
            service, _, name = action.lower().partition(":")
            if service != "sns" or name not in OF_TOPICS:
                yield "AttributeValue", action, "is no action of a topic"


RULES = [
    ("iam:CreatePolicy*", document("PolicyDocument", 6144)),
    ("iam:PutRolePolicy", document("PolicyDocument", 10_240)),
    ("iam:CreateRole", document("AssumeRolePolicyDocument", 2048, "trust")),
    ("iam:UpdateAssumeRolePolicy", document("PolicyDocument", 2048, "trust")),
    ("sns:SetTopicAttributes", topic),
    ("s3:PutBucketPolicy", document("Policy", 20_480, "resource")),
    ("kms:CreateKey", document("Policy", 32_768, "resource")),
    ("kms:PutKeyPolicy", document("Policy", 32_768, "resource")),
]
