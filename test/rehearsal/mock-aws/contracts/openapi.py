"""The OpenAPI document that an API is imported from (API Gateway Developer Guide, "OpenAPI extensions for API Gateway")."""

import json
import re

METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "x-amazon-apigateway-any-method")
TYPES = ("http", "http_proxy", "aws", "aws_proxy", "mock")
# "x-amazon-apigateway-integration object"
MEMBERS = {
    *("cacheKeyParameters", "cacheNamespace", "connectionId", "connectionType", "contentHandling", "credentials", "httpMethod", "integrationSubtype", "integrationTarget"),
    *("passthroughBehavior", "payloadFormatVersion", "requestParameters", "requestTemplates", "responses", "responseTransferMode", "timeoutInMillis", "tlsConfig", "type", "uri"),
}
# "Gateway response types"
GATEWAY_RESPONSES = {
    *("ACCESS_DENIED", "API_CONFIGURATION_ERROR", "AUTHORIZER_CONFIGURATION_ERROR", "AUTHORIZER_FAILURE", "BAD_REQUEST_BODY", "BAD_REQUEST_PARAMETERS", "DEFAULT_4XX", "DEFAULT_5XX"),
    *("EXPIRED_TOKEN", "INTEGRATION_FAILURE", "INTEGRATION_TIMEOUT", "INVALID_API_KEY", "INVALID_SIGNATURE", "MISSING_AUTHENTICATION_TOKEN", "QUOTA_EXCEEDED", "REQUEST_TOO_LARGE"),
    *("RESOURCE_NOT_FOUND", "THROTTLED", "UNAUTHORIZED", "UNSUPPORTED_MEDIA_TYPE", "WAF_FILTERED"),
}
# "Amazon API Gateway quotas": the default for buffered answers, and the most for streamed ones.
LONGEST_MS = {"BUFFERED": 29_000, "STREAM": 900_000}
SOURCE = re.compile(r"'[^']*'|method\.request\.(header|path|querystring|multivalueheader|multivaluequerystring)\.[\w.$-]+|method\.request\.body(\..+)?|context\.[\w.]+|stageVariables\.\w+")


def imported(parsed):
    """Path, value and rule of everything that the import would refuse, warn of, or drop."""
    try:
        api = json.loads(parsed["body"])
    except (KeyError, ValueError):
        yield "body", parsed.get("body"), "must be an OpenAPI document in JSON"
        return
    if len(parsed["body"].encode()) > 6 * 1024 * 1024:
        yield "body", len(parsed["body"]), "has at most 6 MB"
    if not re.match(r"3\.0\.\d", api.get("openapi", "")) or not api.get("info", {}).get("title"):
        yield "body.openapi", api.get("openapi"), "must be 3.0, with a title"
    ids = []
    for path, methods in api.get("paths", {}).items():
        if not re.fullmatch(r"/|(/([A-Za-z0-9._\-:]+|\{[A-Za-z0-9._\-:]+\+?\}))+", path):
            yield f"body.paths.{path}", path, "parts of a path take a-zA-Z0-9._-: or a parameter in braces"
        for method, operation in methods.items():
            place = f"body.paths.{path}.{method}"
            if method not in METHODS:
                yield place, method, "is no method"
                continue
            ids += [operation["operationId"]] if "operationId" in operation else []
            yield from integration(place, operation)
    for name in {one for one in ids if ids.count(one) > 1 or not re.fullmatch(r"[A-Za-z0-9]+", one)}:
        yield "body.paths", name, "an operationId takes letters and digits, and is given once"
    for kind, response in api.get("x-amazon-apigateway-gateway-responses", {}).items():
        yield from gateway_response(f"body.x-amazon-apigateway-gateway-responses.{kind}", kind, response)


def integration(place, operation):
    """What a method is answered by."""
    if not operation.get("responses"):
        yield f"{place}.responses", None, "is required"
    given = operation.get("x-amazon-apigateway-integration")
    if given is None:
        yield place, None, "has no integration, so nothing can be deployed"
        return
    place += ".x-amazon-apigateway-integration"
    for name in set(given) - MEMBERS:
        yield f"{place}.{name}", given[name], "is no member of an integration"
    if given.get("type") not in TYPES:
        yield f"{place}.type", given.get("type"), f"must be one of {', '.join(TYPES)}"
    if given.get("type") != "mock":
        if not given.get("httpMethod") or not re.match(r"https?://|arn:", given.get("uri", "")):
            yield place, given, "needs httpMethod and uri"
        if given.get("connectionType") == "VPC_LINK" and not given.get("connectionId"):
            yield f"{place}.connectionId", None, "is required with VPC_LINK"
    elif "application/json" not in given.get("requestTemplates", {}):
        yield f"{place}.requestTemplates", None, "a mock takes its status from a template of application/json"
    if given.get("passthroughBehavior", "when_no_match") not in ("when_no_match", "when_no_templates", "never"):
        yield f"{place}.passthroughBehavior", given["passthroughBehavior"], "must be when_no_match, when_no_templates or never"
    mode = given.get("responseTransferMode", "BUFFERED")
    if mode not in LONGEST_MS or (mode == "STREAM" and given.get("type") not in ("http_proxy", "aws_proxy")):
        yield f"{place}.responseTransferMode", mode, "is BUFFERED, or with a proxy STREAM"
    elif not 50 <= given.get("timeoutInMillis", 29_000) <= LONGEST_MS[mode]:
        yield f"{place}.timeoutInMillis", given["timeoutInMillis"], f"must be from 50 to {LONGEST_MS[mode]} ms"
    for name, source in given.get("requestParameters", {}).items():
        if not re.fullmatch(r"integration\.request\.(header|path|querystring)\.[\w.$-]+", name) or not SOURCE.fullmatch(source):
            yield f"{place}.requestParameters{{{name}}}", source, "maps a part of the request from another, from the context, or from a text in single quotes"
    yield from responses(place, operation, given)


def responses(place, operation, given):
    """An answer's headers must be declared by the method, and texts stand in single quotes."""
    for pattern, response in given.get("responses", {}).items():
        where = f"{place}.responses{{{pattern}}}"
        declared = operation.get("responses", {}).get(str(response.get("statusCode")))
        if declared is None:
            yield f"{where}.statusCode", response.get("statusCode"), "is not declared by the method"
            continue
        for name, source in response.get("responseParameters", {}).items():
            header = name.removeprefix("method.response.header.")
            if header not in declared.get("headers", {}):
                yield f"{where}.responseParameters", name, "is not declared by the method"
            if not re.fullmatch(r"'[^']*'|integration\.response\.(header|body|multivalueheader)[\w.$-]*|context\.[\w.]+|stageVariables\.\w+", source):
                yield f"{where}.responseParameters{{{name}}}", source, "is a text in single quotes, or names a part of the answer"


def gateway_response(place, kind, response):
    """What the API answers by itself."""
    if kind not in GATEWAY_RESPONSES:
        yield place, kind, "there is no such gateway response"
    if set(response) - {"statusCode", "responseParameters", "responseTemplates"}:
        yield place, sorted(response), "has a status, parameters and templates"
    if "statusCode" in response and not re.fullmatch(r"[1-5]\d\d", str(response["statusCode"])):
        yield f"{place}.statusCode", response["statusCode"], "is no status"
    for name, source in response.get("responseParameters", {}).items():
        if not re.fullmatch(r"gatewayresponse\.header\.[A-Za-z0-9-]+", name) or not SOURCE.fullmatch(source):
            yield f"{place}.responseParameters{{{name}}}", source, "maps a header from the request, from the context, or from a text in single quotes"


RULES = [("apigateway:PutRestApi", imported), ("apigateway:ImportRestApi", imported)]
