"""Auto Scaling: fields of a group that moto forgets, and instance refreshes."""

import copy
import uuid
from datetime import datetime, timezone

from extend import AwsError, answers, wraps
from moto.autoscaling.models import FakeAutoScalingGroup, FakeScalingPolicy, LifecycleHook
from moto.autoscaling.responses import AutoScalingResponse

KEPT = {
    "DefaultInstanceWarmup": "default_instance_warmup",
    "MaxInstanceLifetime": "max_instance_lifetime",
    "InstanceMaintenancePolicy": "instance_maintenance_policy",
    "CapacityReservationSpecification": "capacity_reservation_specification",
    "DesiredCapacityType": "desired_capacity_type",
    "HealthCheckType": "health_check_type",
    "TerminationPolicies": "termination_policies",
    "DefaultCooldown": "default_cooldown",
}


def keep(original, self):
    """Fields of the request that are to come back from DescribeAutoScalingGroups."""
    given = copy.deepcopy(dict(self.params))
    result = original(self)
    group = self.autoscaling_backend.autoscaling_groups[given["AutoScalingGroupName"]]
    for field, attribute in KEPT.items():
        if field in given:
            setattr(group, attribute, given[field])
    return result


wraps(AutoScalingResponse, "create_auto_scaling_group")(keep)
wraps(AutoScalingResponse, "update_auto_scaling_group")(keep)


@wraps(FakeScalingPolicy, "__init__")
def policy(original, self, *args, **kwargs):
    """Policies are enabled, and an absent predictive configuration is absent, not empty."""
    original(self, *args, **kwargs)
    self.enabled = getattr(self, "enabled", True)
    self.predictive_scaling_configuration = self.predictive_scaling_configuration or None


@wraps(LifecycleHook, "__init__")
def hook(original, self, *args, **kwargs):
    """moto invents a role and a queue for every hook."""
    original(self, *args, **kwargs)
    self.role_arn = self.notification_target_arn = None


def group_of(self, name):
    group = self.autoscaling_backend.autoscaling_groups.get(name)
    if group is None:
        raise AwsError("ValidationError", f"AutoScalingGroup name not found - AutoScalingGroup '{name}' not found")
    if not hasattr(group, "refreshes"):
        group.refreshes = []
    return group


@answers(AutoScalingResponse)
def start_instance_refresh(self, parameters):
    """A refresh that has replaced everything at once."""
    now = datetime.now(timezone.utc)
    refresh = {
        "InstanceRefreshId": str(uuid.uuid4()),
        "AutoScalingGroupName": parameters["AutoScalingGroupName"],
        "Status": "Successful",
        "StartTime": now,
        "EndTime": now,
        "PercentageComplete": 100,
        "InstancesToUpdate": 0,
        "Preferences": parameters.get("Preferences"),
        "DesiredConfiguration": parameters.get("DesiredConfiguration"),
    }
    group_of(self, parameters["AutoScalingGroupName"]).refreshes.insert(0, refresh)
    return {"InstanceRefreshId": refresh["InstanceRefreshId"]}


@answers(AutoScalingResponse)
def describe_instance_refreshes(self, parameters):
    """Newest first, as AWS answers."""
    wanted = parameters.get("InstanceRefreshIds")
    refreshes = group_of(self, parameters["AutoScalingGroupName"]).refreshes
    return {"InstanceRefreshes": [refresh for refresh in refreshes if not wanted or refresh["InstanceRefreshId"] in wanted]}


@answers(AutoScalingResponse)
def cancel_instance_refresh(self, parameters):
    """Refreshes end at once here, so there is never one to cancel."""
    raise AwsError("ActiveInstanceRefreshNotFound", "No in progress or pending Instance Refresh found for Auto Scaling group " + parameters["AutoScalingGroupName"])


@wraps(FakeAutoScalingGroup, "update")
def update(original, self, *args, **kwargs):
    """A change that names no launch template keeps the policy of instance types, which moto drops."""
    names_template = kwargs.get("launch_template") or kwargs.get("launch_config_name") or kwargs.get("mixed_instances_policy")
    if self.mixed_instances_policy and not names_template:
        kept = copy.deepcopy(self.mixed_instances_policy)
        # moto writes the name beside the id, and then refuses both.
        kept["LaunchTemplate"]["LaunchTemplateSpecification"].pop("LaunchTemplateName", None)
        kwargs["mixed_instances_policy"] = kept
    original(self, *args, **kwargs)


launch_template = FakeAutoScalingGroup.launch_template
# A group with a policy of instance types has its template in there, and moto then knows no version of it.
FakeAutoScalingGroup.launch_template = property(lambda group: None if group.mixed_instances_policy else launch_template.fget(group))
