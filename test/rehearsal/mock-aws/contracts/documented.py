"""Rules that AWS documents and its models do not carry: those of single values, of values that depend on each other, and of documents within a value."""

import fnmatch

from contracts import alarms, fleets, load_balancers, openapi, policies, tags
from contracts.limits import LIMITS
from contracts.walk import values_in

# Each is a pattern of "service:Operation" and a function of the parsed request.
RULES = [*alarms.RULES, *fleets.RULES, *load_balancers.RULES, *openapi.RULES, *policies.RULES, *tags.RULES]


def documented(operation, parsed):
    """Path, value and rule of everything in a request that they forbid."""
    for operations, path, is_allowed, rule in LIMITS:
        if fnmatch.fnmatchcase(operation, operations):
            for place, value in values_in(parsed, path):
                if not is_allowed(value):
                    yield place, value, rule
    for operations, violations in RULES:
        if fnmatch.fnmatchcase(operation, operations):
            yield from violations(parsed)
