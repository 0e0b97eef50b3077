"""How an addition is made. It fills a gap of moto and stands back where moto has an answer of its own."""

from moto.core.exceptions import ServiceException
from moto.core.responses import ActionResult, BaseResponse
from moto.core.utils import get_service_model


class AwsError(ServiceException):
    """An error with AWS's code and message, as AwsError(code, message)."""


def answers(response_class):
    """Makes the decorated function the answer to the operation of its name, unless moto has one.

    It is given the response object and the request's parameters by their AWS names, and returns a dict shaped as the API reference says.
    """

    def decorate(function):
        name = function.__name__
        if hasattr(response_class, name):
            return function

        def answer(self):
            if not self.automated_parameter_parsing:
                self.parse_parameters(self.received)
            return ActionResult(function(self, self.params) or {})

        answer.__name__ = name
        setattr(response_class, name, answer)
        return function

    return decorate


def wraps(target, name):
    """Replaces target.name by the decorated function, which is given the original before its own arguments."""

    def decorate(function):
        original = getattr(target, name)
        setattr(target, name, lambda *args, **kwargs: function(original, *args, **kwargs))
        return function

    return decorate


def add_routes(service, urls):
    """Adds every URL of a REST service that moto does not know to its map of URLs."""
    handler = next(iter(urls.url_paths.values()))
    known = {shape_of(path) for path in urls.url_paths}
    model = get_service_model(service)
    for operation in model.operation_names:
        uri = model.operation_model(operation).http["requestUri"].split("?")[0]
        pattern = "{0}" + "/".join(f"(?P<{part.strip('{}+')}>[^/]+)" if part.startswith("{") else part for part in uri.split("/")) + "$"
        if shape_of(pattern) not in known:
            urls.url_paths[pattern] = handler
            known.add(shape_of(pattern))


def shape_of(pattern):
    """A URL pattern without the names of its parameters, to compare two of them."""
    return "/".join("*" if "(?P<" in part else part for part in pattern.rstrip("$/?").split("/"))


@wraps(BaseResponse, "setup_class")
def keep_request(original, self, request, *args, **kwargs):
    """Keeps the request, from which `answers` parses the parameters of services that moto still reads by hand."""
    self.received = request
    return original(self, request, *args, **kwargs)


def action_name(response):
    """An operation as "service:Action", with the service as IAM writes it."""
    service = {"elbv2": "elasticloadbalancing", "elb": "elasticloadbalancing", "service-quotas": "servicequotas", "apigatewayv2": "apigateway"}
    return f"{service.get(response.service_name, response.service_name)}:{response._get_action()}"


