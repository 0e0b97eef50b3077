"""KMS: the period of a key's rotation."""

import json

from extend import wraps
from moto.kms.responses import KmsResponse


def key_of(self):
    return self.kms_backend.keys[self.kms_backend.get_key_id(self._get_param("KeyId"))]


@wraps(KmsResponse, "enable_key_rotation")
def enable_key_rotation(original, self):
    """365 days is what AWS takes if nothing is said."""
    answer = original(self)
    key_of(self).rotation_days = self._get_param("RotationPeriodInDays") or 365
    return answer


@wraps(KmsResponse, "get_key_rotation_status")
def get_key_rotation_status(original, self):
    """Tells the period if moto does not."""
    status = json.loads(original(self))
    if status["KeyRotationEnabled"]:
        status.setdefault("RotationPeriodInDays", getattr(key_of(self), "rotation_days", 365))
    return json.dumps(status)
