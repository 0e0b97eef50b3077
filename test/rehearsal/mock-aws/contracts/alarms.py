"""CloudWatch: alarms and dashboards."""

import json
import re

TREATMENTS = ("breaching", "notBreaching", "ignore", "missing")
STATISTIC = re.compile(r"(p|tm|tc|ts|wm)(\d{1,2}(\.\d{1,10})?|100)|IQM|(PR|TC|TS|TM|WM)\(.+\)")


def metric_alarm(parsed):
    """CloudWatch API Reference, PutMetricAlarm."""
    periods = [parsed["Period"]] if "Period" in parsed else [one["MetricStat"]["Period"] for one in parsed.get("Metrics", []) if "MetricStat" in one]
    for period in periods:
        if period not in (10, 20, 30) and period % 60 != 0:
            yield "Period", period, "must be 10, 20, 30 or a multiple of 60 seconds"
        longest = 604_800 if period >= 3600 else 86_400
        if period * parsed["EvaluationPeriods"] > longest:
            yield "EvaluationPeriods", parsed["EvaluationPeriods"], f"times the period must be at most {longest} seconds"
    if parsed.get("DatapointsToAlarm", 1) > parsed["EvaluationPeriods"]:
        yield "DatapointsToAlarm", parsed["DatapointsToAlarm"], "must be at most the number of periods"
    if parsed.get("TreatMissingData", "missing") not in TREATMENTS:
        yield "TreatMissingData", parsed["TreatMissingData"], f"must be one of {', '.join(TREATMENTS)}"
    if parsed.get("EvaluateLowSampleCountPercentile", "evaluate") not in ("evaluate", "ignore"):
        yield "EvaluateLowSampleCountPercentile", parsed["EvaluateLowSampleCountPercentile"], "must be evaluate or ignore"
    if "ExtendedStatistic" in parsed and not STATISTIC.fullmatch(parsed["ExtendedStatistic"]):
        yield "ExtendedStatistic", parsed["ExtendedStatistic"], "must be a percentile such as p99 or another statistic"
    if sum(1 for kind in ("MetricName", "Metrics") if parsed.get(kind)) != 1:
        yield "Metrics", parsed.get("Metrics"), "an alarm has a metric or an expression, and not both"
    yield from expressions(parsed.get("Metrics", []))


def expressions(metrics):
    """CloudWatch API Reference, MetricDataQuery: one result, and expressions of names that there are."""
    names = [one.get("Id", "") for one in metrics]
    for name in names:
        if not re.fullmatch(r"[a-z][A-Za-z0-9_]*", name) or names.count(name) > 1:
            yield "Metrics[].Id", name, "begins with a lower-case letter, takes letters, digits and _, and is given once"
    if metrics and sum(1 for one in metrics if one.get("ReturnData", True)) != 1:
        yield "Metrics[].ReturnData", None, "just one is the result"
    for one in metrics:
        for used in re.findall(r"\b[a-z]\w*\b(?!\()", re.sub(r"'[^']*'|\"[^\"]*\"", "", one.get("Expression", ""))):
            if used not in names:
                yield "Metrics[].Expression", one["Expression"], f"there is no {used}"


def dashboard(parsed):
    """CloudWatch API Reference, "Dashboard body structure and syntax": a grid of 24 columns; a graph has its metrics and their region."""
    if not re.fullmatch(r"[A-Za-z0-9_-]{1,255}", parsed["DashboardName"]):
        yield "DashboardName", parsed["DashboardName"], "takes 255 letters, digits, hyphens and underscores"
    try:
        widgets = json.loads(parsed["DashboardBody"]).get("widgets", [])
    except (ValueError, AttributeError):
        yield "DashboardBody", parsed["DashboardBody"], "must be a JSON object"
        return
    for index, widget in enumerate(widgets):
        place, properties = f"DashboardBody.widgets[{index}]", widget.get("properties", {})
        if not (0 <= widget.get("x", 0) <= 23 and 1 <= widget.get("width", 6) <= 24 and 1 <= widget.get("height", 6) <= 1000 and widget.get("y", 0) >= 0):
            yield place, widget, "has a place in a grid of 24 columns"
        if widget.get("type") not in ("metric", "text", "log", "alarm", "explorer", "custom", "trace"):
            yield f"{place}.type", widget.get("type"), "there is no such widget"
        if widget.get("type") == "metric" and not (properties.get("metrics") or properties.get("annotations", {}).get("alarms")):
            yield f"{place}.properties.metrics", None, "is required"
        if widget.get("type") == "metric" and "region" not in properties:
            yield f"{place}.properties.region", None, "is required"
        if widget.get("type") == "alarm" and not 1 <= len(properties.get("alarms", [])) <= 100:
            yield f"{place}.properties.alarms", properties.get("alarms"), "must be 1 to 100 ARNs"


RULES = [("cloudwatch:PutMetricAlarm", metric_alarm), ("cloudwatch:PutDashboard", dashboard)]
