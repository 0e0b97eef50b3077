"""Load balancers: values that depend on each other, and attributes, which the models know as texts only."""

import re

# User Guide for Application Load Balancers, "Load balancer attributes", "Target group attributes", "Listener attributes": what each takes.
WHETHER = r"true|false"
ATTRIBUTES = {
    "idle_timeout.timeout_seconds": r"[1-9]\d{0,2}|[1-3]\d{3}|4000",
    "client_keep_alive.seconds": r"[6-9]\d|[1-9]\d{2,5}",
    "routing.http.desync_mitigation_mode": r"defensive|strictest|monitor",
    "routing.http.xff_header_processing.mode": r"append|preserve|remove",
    "deregistration_delay.timeout_seconds": r"\d{1,3}|[12]\d{3}|3[0-5]\d\d|3600",
    "slow_start.duration_seconds": r"0|[3-9]\d|[1-8]\d\d|900",
    "load_balancing.algorithm.type": r"round_robin|least_outstanding_requests|weighted_random",
    "load_balancing.algorithm.anomaly_mitigation": r"on|off",
    "load_balancing.cross_zone.enabled": r"true|false|use_load_balancer_configuration",
    "stickiness.type": r"lb_cookie|app_cookie",
    "target_group_health.dns_failover.minimum_healthy_targets.count": r"off|\d+",
    "target_group_health.dns_failover.minimum_healthy_targets.percentage": r"off|[1-9]\d?|100",
    "target_group_health.unhealthy_state_routing.minimum_healthy_targets.count": r"[1-9]\d*",
    "target_group_health.unhealthy_state_routing.minimum_healthy_targets.percentage": r"off|[1-9]\d?|100",
    **dict.fromkeys(
        (
            "deletion_protection.enabled",
            "access_logs.s3.enabled",
            "connection_logs.s3.enabled",
            "health_check_logs.s3.enabled",
            "routing.http.drop_invalid_header_fields.enabled",
            "routing.http.preserve_host_header.enabled",
            "routing.http.x_amzn_tls_version_and_cipher_suite.enabled",
            "routing.http.xff_client_port.enabled",
            "routing.http2.enabled",
            "routing.http.response.server.enabled",
            "waf.fail_open.enabled",
            "zonal_shift.config.enabled",
            "stickiness.enabled",
        ),
        WHETHER,
    ),
}
FREE = re.compile(r"(access|connection|health_check)_logs\.s3\.(bucket|prefix)|stickiness\..+_seconds|stickiness\.app_cookie\..+|routing\.http\.(request|response)\..+\.header_(name|value)")


def attributes(parsed):
    """Keys that there are, with values that they take; no slow start for an algorithm that has none."""
    given = {one["Key"]: one.get("Value", "") for one in parsed.get("Attributes", [])}
    for key, value in given.items():
        if key not in ATTRIBUTES:
            if not FREE.fullmatch(key):
                yield "Attributes", key, "there is no such attribute"
        elif not re.fullmatch(ATTRIBUTES[key], value):
            yield f"Attributes{{{key}}}", value, f"the attribute takes {ATTRIBUTES[key]}"
    if given.get("load_balancing.algorithm.type") not in (None, "round_robin") and given.get("slow_start.duration_seconds", "0") != "0":
        yield "Attributes", given["slow_start.duration_seconds"], "slow start is for round_robin only"


def health_check(parsed):
    """Elastic Load Balancing API Reference, CreateTargetGroup: an answer is awaited for less than the time to the next question."""
    interval, timeout = parsed.get("HealthCheckIntervalSeconds"), parsed.get("HealthCheckTimeoutSeconds")
    if interval is not None and timeout is not None and timeout >= interval:
        yield "HealthCheckTimeoutSeconds", timeout, f"must be less than the interval of {interval} seconds"


def listener(parsed):
    """The same, CreateListener: TLS needs a certificate, HTTP takes neither it nor a policy."""
    is_tls = parsed.get("Protocol") in ("HTTPS", "TLS")
    if is_tls != bool(parsed.get("Certificates")):
        yield "Certificates", parsed.get("Certificates"), "belongs to HTTPS, which needs it"
    if not is_tls and parsed.get("SslPolicy"):
        yield "SslPolicy", parsed["SslPolicy"], "belongs to HTTPS"


RULES = [
    ("elbv2:Modify*Attributes", attributes),
    ("elbv2:CreateTargetGroup", health_check),
    ("elbv2:ModifyTargetGroup", health_check),
    ("elbv2:CreateListener", listener),
]
