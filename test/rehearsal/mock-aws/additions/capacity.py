"""Auto Scaling: which type an instance gets, types without capacity, and the scaling activities that tell of both."""

import uuid
from datetime import datetime, timezone

from extend import wraps
from faults import FAULTS
from moto.autoscaling.models import FakeAutoScalingGroup
from moto.autoscaling.responses import AutoScalingResponse
from moto.core.responses import ActionResult

# AWS's sentences, of the scaling activities of a group: docs.aws.amazon.com/autoscaling/ec2/userguide/ts-as-capacity.html and CHAP_Troubleshooting
REASONS = {
    "InsufficientInstanceCapacity": "We currently do not have sufficient {type} capacity in the Availability Zone you requested ({zone}). Our system will be "
    "working on provisioning additional capacity. You can currently get {type} capacity by not specifying an Availability Zone in your request. "
    "Launching EC2 instance failed.",
    "VcpuLimitExceeded": "You have requested more vCPU capacity than your current vCPU limit of {limit} allows for the instance bucket that the specified "
    "instance type belongs to. Please visit http://aws.amazon.com/contact-us/ec2-request to request an adjustment to this limit. "
    "Launching EC2 instance failed.",
    "Unsupported": "Your requested instance type ({type}) is not supported in your requested Availability Zone ({zone}). Launching EC2 instance failed.",
}


def types_of(group):
    """The types that a group may launch, in its order."""
    overrides = ((group.mixed_instances_policy or {}).get("LaunchTemplate") or {}).get("Overrides") or []
    return [override["InstanceType"] for override in overrides if "InstanceType" in override]


instance_type = FakeAutoScalingGroup.instance_type
FakeAutoScalingGroup.instance_type = property(
    lambda group: next((name for name in types_of(group) if name not in FAULTS.get("capacity")), instance_type.fget(group))
)


@wraps(FakeAutoScalingGroup, "replace_autoscaling_group_instances")
def launch(original, self, count, tags):
    """Launches what there is capacity for, and records an activity for each instance, or one failed activity for each type."""
    types = types_of(self) or [instance_type.fget(self)]
    without = FAULTS.get("capacity")
    had = len(self.instance_states)
    for name in types:
        if name not in without:
            break
        record(self, had, REASONS.get(without[name], without[name]).format(type=name, zone=self.availability_zones[0], limit=0), None)
    else:
        return
    original(self, count, tags)
    for index, state in enumerate(self.instance_states[had:]):
        record(self, had + index, None, state.instance.id)


def record(group, had, reason, instance_id):
    """One activity; newest first, as AWS lists them."""
    now = datetime.now(timezone.utc)
    described = "Launching a new EC2 instance" + (f": {instance_id}" if instance_id else f".  Status Reason: {reason}")
    if not hasattr(group, "activities"):
        group.activities = []
    group.activities.insert(
        0,
        {
            "ActivityId": str(uuid.uuid4()),
            "AutoScalingGroupName": group.name,
            "AutoScalingGroupARN": group.arn,
            "Description": described,
            "Cause": f"At {now:%Y-%m-%dT%H:%M:%SZ} an instance was started in response to a difference between desired and actual capacity, "
            f"increasing the capacity from {had} to {had + 1}.",
            "StartTime": now,
            "EndTime": now,
            "StatusCode": "Failed" if reason else "Successful",
            "StatusMessage": reason,
            "Progress": 100,
            "Details": "{}",
        },
    )


@wraps(AutoScalingResponse, "describe_scaling_activities")
def describe_scaling_activities(original, self):
    """moto answers with an empty list, always."""
    told = original(self)
    if told.result["Activities"]:
        return told
    groups = self.autoscaling_backend.autoscaling_groups
    name = self.params.get("AutoScalingGroupName")
    chosen = [groups[name]] if name in groups else [] if name else groups.values()
    return ActionResult({"Activities": [activity for group in chosen for activity in getattr(group, "activities", [])]})
