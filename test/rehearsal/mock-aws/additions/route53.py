"""Ids of zones begin with Z, as AWS's do."""

from extend import wraps
from moto.route53 import models


@wraps(models, "create_route53_zone_id")
def zone_id(original, *args, **kwargs):
    return "Z" + original(*args, **kwargs)[1:]
