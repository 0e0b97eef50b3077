"""Launch templates and Auto Scaling groups: values that depend on each other."""

from contracts.walk import values_in


def interfaces(parsed):
    """EC2 API Reference, RequestLaunchTemplateData: groups are given to the interfaces or to the instance, and each interface has its index."""
    data = parsed.get("LaunchTemplateData", {})
    given = data.get("NetworkInterfaces", [])
    if given and (data.get("SecurityGroupIds") or data.get("SecurityGroups")):
        yield "LaunchTemplateData.SecurityGroupIds", data.get("SecurityGroupIds"), "groups belong to the network interfaces where there are some"
    for index, one in enumerate(given):
        if "DeviceIndex" not in one:
            yield f"LaunchTemplateData.NetworkInterfaces[{index}].DeviceIndex", None, "is required"


def volumes(parsed):
    """EBS User Guide, "General Purpose SSD volumes": gp3."""
    for place, volume in values_in(parsed, "LaunchTemplateData.BlockDeviceMappings[].Ebs"):
        operations, throughput, size = volume.get("Iops", 3000), volume.get("Throughput", 125), volume.get("VolumeSize")
        if volume.get("VolumeType") != "gp3":
            continue
        if not 3000 <= operations <= 80_000 or (size and operations > max(3000, 500 * size)):
            yield f"{place}.Iops", operations, "a gp3 volume has 3000 to 80000 operations a second, and at most 500 for each GiB"
        if not 125 <= throughput <= 2000 or throughput > operations / 4:
            yield f"{place}.Throughput", throughput, "a gp3 volume has 125 to 2000 MiB/s, and at most a quarter of one for each operation a second"


def group(parsed):
    """Auto Scaling API Reference, CreateAutoScalingGroup: one kind of template, and a size within its bounds."""
    if sum(1 for kind in ("LaunchTemplate", "MixedInstancesPolicy", "LaunchConfigurationName", "InstanceId") if parsed.get(kind)) != 1:
        yield "LaunchTemplate", None, "a group has either a launch template or a mixed instances policy"
    yield from sizes(parsed)


def sizes(parsed):
    """Least, wished, most."""
    least, most = parsed.get("MinSize"), parsed.get("MaxSize")
    wished = parsed.get("DesiredCapacity", least)
    if None not in (least, most, wished) and not least <= wished <= most:
        yield "DesiredCapacity", wished, f"must be from {least} to {most}"


def healthy(places):
    """Auto Scaling User Guide, "Instance maintenance policies": 0 to 100, 100 to 200, and at most 100 apart."""

    def violations(parsed):
        for place, given in values_in(parsed, places):
            least, most = given.get("MinHealthyPercentage"), given.get("MaxHealthyPercentage")
            if least == -1 and most == -1:
                continue
            if least is not None and not 0 <= least <= 100:
                yield f"{place}.MinHealthyPercentage", least, "must be from 0 to 100"
            if most is not None and (not 100 <= most <= 200 or least is None or most - least > 100):
                yield f"{place}.MaxHealthyPercentage", most, "must be from 100 to 200, and at most 100 above the least, which belongs to it"

    return violations


def policy(parsed):
    """Auto Scaling API Reference, PutScalingPolicy: what belongs to which type; steps follow on each other without a gap."""
    kind = parsed.get("PolicyType", "SimpleScaling")
    belongs = {
        "SimpleScaling": ("Cooldown", "ScalingAdjustment", "AdjustmentType"),
        "StepScaling": ("StepAdjustments", "MetricAggregationType", "EstimatedInstanceWarmup", "AdjustmentType"),
        "TargetTrackingScaling": ("TargetTrackingConfiguration", "EstimatedInstanceWarmup"),
        "PredictiveScaling": ("PredictiveScalingConfiguration",),
    }
    if kind not in belongs:
        yield "PolicyType", kind, f"must be one of {', '.join(belongs)}"
        return
    for member in {name for names in belongs.values() for name in names} - set(belongs[kind]):
        if parsed.get(member) is not None:
            yield member, parsed[member], f"does not belong to {kind}"
    steps = sorted(parsed.get("StepAdjustments") or [], key=lambda step: step.get("MetricIntervalLowerBound", float("-inf")))
    if kind == "StepScaling" and not steps:
        yield "StepAdjustments", None, "is required"
    for before, after in zip(steps, steps[1:]):
        if before.get("MetricIntervalUpperBound") != after.get("MetricIntervalLowerBound"):
            yield "StepAdjustments", steps, "each begins where the one before ends"


RULES = [
    ("ec2:CreateLaunchTemplate*", interfaces),
    ("ec2:CreateLaunchTemplate*", volumes),
    ("autoscaling:CreateAutoScalingGroup", group),
    ("autoscaling:UpdateAutoScalingGroup", sizes),
    ("autoscaling:*AutoScalingGroup", healthy("InstanceMaintenancePolicy")),
    ("autoscaling:StartInstanceRefresh", healthy("Preferences")),
    ("autoscaling:PutScalingPolicy", policy),
]
