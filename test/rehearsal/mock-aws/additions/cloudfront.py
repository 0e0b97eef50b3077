"""CloudFront: distributions come back as they were sent, with AWS's defaults filled in; moto keeps only a part of them."""

import copy

from extend import wraps
from moto.cloudfront.models import CloudFrontBackend, Distribution

COUNTED = ("Aliases", "CacheBehaviors", "CustomErrorResponses", "OriginGroups")
BEHAVIOR_COUNTED = ("LambdaFunctionAssociations", "FunctionAssociations")
EMPTY = {"DefaultRootObject": "", "WebACLId": "", "Comment": "", "HttpVersion": "http2", "PriceClass": "PriceClass_All", "Staging": False}


class Configuration(dict):
    """A stored configuration. moto compares callers' references as an attribute."""

    @property
    def caller_reference(self):
        return self["CallerReference"]


@wraps(Distribution, "__init__")
def distribution(original, self, *args, **kwargs):
    """CloudFront is of no region: its ARNs have an empty part there, which moto leaves out."""
    original(self, *args, **kwargs)
    self.arn = self.arn.replace(":cloudfront:", ":cloudfront::").replace(":cloudfront:::", ":cloudfront::")


def counted(holder, key, **defaults):
    """An absent list of the API is one of quantity 0."""
    value = holder.setdefault(key, {})
    value["Quantity"] = len(value.get("Items") or [])
    for name, default in defaults.items():
        value.setdefault(name, default)


def fill_behavior(behavior):
    for key in BEHAVIOR_COUNTED:
        counted(behavior, key)
    counted(behavior, "TrustedSigners", Enabled=False)
    counted(behavior, "TrustedKeyGroups", Enabled=False)
    for key, default in {"FieldLevelEncryptionId": "", "SmoothStreaming": False, "Compress": False}.items():
        behavior.setdefault(key, default)
    if "ForwardedValues" in behavior:
        behavior["ForwardedValues"].setdefault("Cookies", {"Forward": "none"})
        counted(behavior["ForwardedValues"], "Headers")
        counted(behavior["ForwardedValues"], "QueryStringCacheKeys")


def fill_origin(origin):
    counted(origin, "CustomHeaders")
    defaults = {"OriginPath": "", "OriginAccessControlId": "", "ConnectionAttempts": 3, "ConnectionTimeout": 10, "OriginShield": {"Enabled": False}}
    for key, default in defaults.items():
        origin.setdefault(key, default)
    if "S3OriginConfig" in origin:
        origin["S3OriginConfig"].setdefault("OriginAccessIdentity", "")


def filled(request):
    """A request's configuration with what AWS would fill in."""
    configuration = Configuration(request)
    for key in COUNTED:
        counted(configuration, key)
    for key, default in EMPTY.items():
        configuration.setdefault(key, default)
    configuration.setdefault("IsIPV6Enabled", False)
    logging = {"Enabled": False, "IncludeCookies": False, "Bucket": "", "Prefix": ""}
    configuration["Logging"] = logging | (configuration.get("Logging") or {})
    for origin in configuration["Origins"]["Items"]:
        fill_origin(origin)
    for behavior in [configuration["DefaultCacheBehavior"], *configuration["CacheBehaviors"].get("Items", [])]:
        fill_behavior(behavior)
    counted(configuration.setdefault("Restrictions", {}), "GeoRestriction", RestrictionType="none")
    configuration.setdefault("ViewerCertificate", {"CloudFrontDefaultCertificate": True}).setdefault("MinimumProtocolVersion", "TLSv1")
    return configuration


@wraps(CloudFrontBackend, "create_distribution")
def create_distribution(original, self, distribution_config, tags):
    """moto checks the request, ours is stored."""
    kept = filled(copy.deepcopy(dict(distribution_config)))
    answer = original(self, distribution_config, tags)
    answer[0].distribution_config = kept
    return answer


@wraps(CloudFrontBackend, "update_distribution")
def update_distribution(original, self, dist_config, _id, if_match):
    """The same for a change."""
    kept = filled(copy.deepcopy(dict(dist_config)))
    answer = original(self, dist_config=dist_config, _id=_id, if_match=if_match)
    answer[0].distribution_config = kept
    return answer
