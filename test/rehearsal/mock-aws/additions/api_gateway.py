"""API Gateway: fields of a REST API and of an integration that moto forgets."""

import json

from extend import wraps
from moto.apigateway.models import APIGatewayBackend, RestAPI
from moto.apigateway.responses import APIGatewayResponse

FIELDS = ("connectionId", "connectionType", "cacheKeyParameters", "contentHandling", "integrationTarget", "responseTransferMode")


@wraps(APIGatewayResponse, "create_rest_api")
def create_rest_api(original, self):
    """Keeps the binary media types."""
    answer = original(self)
    if answer[0] == 200:
        api = self.backend.apis[json.loads(answer[2])["id"]]
        api.binaryMediaTypes = api.binaryMediaTypes or self._get_param("binaryMediaTypes") or []
        return 200, {}, json.dumps(api.to_dict())
    return answer


@wraps(RestAPI, "to_dict")
def to_dict(original, self):
    """API Gateway gives a policy back with its quotes escaped, and clients count on it."""
    described = original(self)
    policy = described.get("policy")
    if policy and '\\"' not in policy:
        described["policy"] = json.dumps(json.dumps(json.loads(policy)))[1:-1]
    return described


@wraps(APIGatewayBackend, "_build_integration_args")
def integration_of_document(original, self, integration):
    """A mock integration has neither URI nor method in a document, as in API Gateway's own exports."""
    arguments = original(self, integration)
    return arguments | {name: arguments[name] or "" for name in ("uri", "integration_method")}


@wraps(APIGatewayResponse, "put_integration")
def put_integration(original, self):
    """Keeps what moto leaves out of the integration."""
    answer = original(self)
    _, _, api_id, _, resource_id, _, method, *_ = self.path.split("/")
    integration = self.backend.get_integration(api_id, resource_id, method)
    integration.more = {field: self._get_param(field) for field in FIELDS if self._get_param(field)}
    return answer


@wraps(APIGatewayResponse, "get_integration")
def get_integration(original, self):
    """Adds what was kept."""
    described = json.loads(original(self))
    _, _, api_id, _, resource_id, _, method, *_ = self.path.split("/")
    integration = self.backend.get_integration(api_id, resource_id, method)
    return json.dumps({key: value for key, value in described.items() if value} | getattr(integration, "more", {}))
