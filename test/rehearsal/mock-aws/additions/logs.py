"""CloudWatch Logs: the class of a log group."""

from extend import wraps
from moto.logs.models import LogGroup
from moto.logs.responses import LogsResponse


@wraps(LogsResponse, "create_log_group")
def create_log_group(original, self):
    """Keeps the class that was asked for."""
    answer = original(self)
    self.logs_backend.groups[self._get_param("logGroupName")].group_class = self._get_param("logGroupClass") or "STANDARD"
    return answer


@wraps(LogGroup, "to_describe_dict")
def to_describe_dict(original, self):
    """Tells the class if moto does not."""
    described = original(self)
    described.setdefault("logGroupClass", getattr(self, "group_class", "STANDARD"))
    return described
