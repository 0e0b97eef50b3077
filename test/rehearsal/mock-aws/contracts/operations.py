"""Which operation of which service a request is for, by what it is signed for and the protocol's own marks."""

import functools
import re
from urllib.parse import parse_qs

from moto.core.utils import get_service_model

SIGNED_FOR = re.compile(r"Credential=[^/]+/\d+/[^/]+/([^/]+)/aws4_request")
# Services that are signed for under another name than their model has.
MODELS = {"elasticloadbalancing": "elbv2", "monitoring": "cloudwatch", "servicequotas": "service-quotas", "tagging": "resourcegroupstaggingapi", "events": "events"}


class Unknown(Exception):
    """No model, or no operation in it, fits."""


def service_of(environ):
    """The service that a request is signed for, by the name of its model. None for a request without a signature: it is not one to AWS."""
    signed = SIGNED_FOR.search(environ.get("HTTP_AUTHORIZATION", ""))
    if signed is None:
        return None
    name = MODELS.get(signed[1], signed[1])
    return "apigatewayv2" if name == "apigateway" and environ["PATH_INFO"].startswith("/v2/") else name


def operation_of(model, environ, body):
    """The operation's model and what its path gives: the parameters in it. Raises Unknown."""
    target = environ.get("HTTP_X_AMZ_TARGET")
    if target is not None:
        return named(model, target.split(".")[-1]), {}
    rpc = re.search(r"/service/\w+/operation/(\w+)$", environ["PATH_INFO"])
    if rpc is not None:
        return named(model, rpc[1]), {}
    if {"query", "ec2"} & {model.metadata["protocol"], *model.metadata.get("protocols", [])}:
        action = parse_qs(body.decode() or environ["QUERY_STRING"]).get("Action", ["none"])[0]
        return named(model, action), {}
    return by_path(model, environ)


def named(model, name):
    """The operation of that name. Raises Unknown."""
    if name not in model.operation_names:
        raise Unknown(f"{model.service_name} has no operation {name}")
    return model.operation_model(name)


def by_path(model, environ):
    """The operation of a REST service: of all whose path fits, the one that demands the most of what the request has."""
    path, query = raw_path(environ), parse_qs(environ["QUERY_STRING"], keep_blank_values=True)
    fitting = []
    for name, method, pattern, literal, needed in routes(model.service_name):
        match = pattern.match(path) if method == environ["REQUEST_METHOD"] else None
        fixed = match is not None and all(query.get(key, [None])[0] == value for key, value in literal.items())
        if fixed and all(key in query if place == "querystring" else header(environ, key) for place, key in needed):
            fitting.append((len(literal), len(needed), -len(match.groups()), name, match.groupdict()))
    if not fitting:
        raise Unknown(f"{model.service_name} has no operation at {environ['REQUEST_METHOD']} {path}")
    *_, name, parameters = max(fitting, key=lambda found: found[:3])
    return model.operation_model(name), {PLACEHOLDER.sub("-", key): value for key, value in parameters.items()}


def raw_path(environ):
    """The path as it was sent: a slash within a parameter is escaped there."""
    return (environ.get("REQUEST_URI") or environ["PATH_INFO"]).split("?")[0].rstrip("/") or "/"


def header(environ, name):
    """Whether the request has a header."""
    return f"HTTP_{name.upper().replace('-', '_')}" in environ


# Names of groups have no hyphens, those of parameters may.
PLACEHOLDER = re.compile("__hyphen__")


@functools.cache
def routes(service):
    """Of each operation: name, method, pattern of its path, query parameters with fixed values, and those and the headers that it must have."""
    model = get_service_model(service)
    found = []
    # Of PutBucketLifecycle and PutBucketLifecycleConfiguration, which are one on the wire, the later.
    current = {one.http["requestUri"] for one in map(model.operation_model, model.operation_names) if not one.deprecated}
    for name in model.operation_names:
        operation = model.operation_model(name)
        if operation.deprecated and operation.http["requestUri"] in current:
            continue
        uri, _, fixed = operation.http["requestUri"].partition("?")
        literal = {key: values[0] for key, values in parse_qs(fixed, keep_blank_values=True).items()}
        shape = operation.input_shape
        members = [shape.members[member] for member in shape.required_members] if shape else []
        places = [(member.serialization.get("location"), member.serialization.get("name")) for member in members]
        needed = [place for place in places if place[0] in ("querystring", "header")]
        found.append((name, operation.http["method"], pattern_of(uri), literal, needed))
    return found


def pattern_of(uri):
    """A pattern of paths from a template like /{Bucket}/{Key+}."""
    parts = re.split(r"(\{[^}]+\})", uri.rstrip("/") or "/")
    return re.compile("".join(re.escape(part) if index % 2 == 0 else group(part) for index, part in enumerate(parts)) + "$")


def group(placeholder):
    """The part of a pattern that one parameter fills."""
    name = placeholder.strip("{}+").replace("-", "__hyphen__")
    return f"(?P<{name}>{'.+' if placeholder.endswith('+}') else '[^/]+'})"
