"""S3: conditions in bucket policies. moto ignores them, so that "deny what is not TLS" would deny everything."""

import json

from extend import wraps
from moto.s3.models import FakeBucket


@wraps(FakeBucket, "get_permission")
def get_permission(original, self, action, resource):
    """Asks moto about the policy without its conditional denials; the stored policy stays as it is."""
    stored = self.policy
    if stored is None:
        return original(self, action, resource)
    document = json.loads(stored)
    statements = document["Statement"] if isinstance(document["Statement"], list) else [document["Statement"]]
    document["Statement"] = [one for one in statements if not (one["Effect"] == "Deny" and one.get("Condition"))]
    view = type("View", (), {"policy": json.dumps(document).encode() if document["Statement"] else None})()
    return original(view, action, resource)
