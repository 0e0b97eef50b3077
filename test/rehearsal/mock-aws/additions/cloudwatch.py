"""CloudWatch: composite alarms. moto's alarms can hold a rule, but no operation puts one in."""

from extend import wraps
from moto.cloudwatch.responses import CloudWatchResponse
from moto.core.responses import ActionResult

if not hasattr(CloudWatchResponse, "put_composite_alarm"):
    CloudWatchResponse.put_composite_alarm = CloudWatchResponse.put_metric_alarm


@wraps(CloudWatchResponse, "describe_alarms")
def describe_alarms(original, self):
    """Only the types asked for; metric alarms alone if none is named, as the API reference says."""
    found = original(self).result
    types = self.params.get("AlarmTypes") or ["MetricAlarm"]
    return ActionResult({key: alarms for key, alarms in found.items() if key[:-1] in types})
