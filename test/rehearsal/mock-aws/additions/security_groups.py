"""EC2 security groups: the description of a rule whose other side is a group or a prefix list."""

import inspect

from extend import wraps
from moto.ec2.models.security_groups import SecurityGroupRule

described = SecurityGroupRule.description


@wraps(SecurityGroupRule, "__init__")
def rule(original, self, *args, **kwargs):
    """Keeps the description of a prefix list, of which moto keeps only the id."""
    original(self, *args, **kwargs)
    given = inspect.signature(original).bind(self, *args, **kwargs).arguments
    self.prefix_list_description = (given.get("prefix_list_id") or {}).get("Description")


SecurityGroupRule.description = property(
    lambda self: described.fget(self) or self.source_group.get("Description") or getattr(self, "prefix_list_description", None)
)
