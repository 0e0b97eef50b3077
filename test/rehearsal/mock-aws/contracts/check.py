"""Looks at every request before the mock answers it, and keeps what AWS would refuse."""

import io
import json
import threading

from moto.core.parse import PROTOCOL_PARSERS
from moto.core.request import determine_request_protocol
from moto.core.utils import get_service_model
from contracts.documented import documented
from contracts.known import is_known
from contracts.operations import Unknown, operation_of, service_of
from contracts.shapes import violations
from werkzeug.datastructures import EnvironHeaders
from werkzeug.wrappers import Request


class Refused:
    """What AWS would have refused, each once. One object for the whole server."""

    def __init__(self):
        self.lock = threading.Lock()
        self.clear()

    def clear(self):
        """As if nothing had been refused."""
        with self.lock:
            self.found = {}

    def add(self, service, operation, path, value, rule):
        """Keeps one violation. Values are shortened."""
        text = json.dumps(value, default=str, ensure_ascii=False)
        told = text if len(text) <= 300 else f"{text[:300]}…"
        with self.lock:
            self.found[service, operation, path, told, rule] = None

    def listed(self):
        """As the mock tells it."""
        names = ("service", "operation", "path", "value", "rule")
        return [dict(zip(names, one)) for one in list(self.found)]


REFUSED = Refused()


def check(application):
    """Wraps a WSGI application: it answers as ever, and requests are looked at first."""

    def answer(environ, start_response):
        service = service_of(environ)
        if service is not None:
            body = take_body(environ)
            for operation, path, value, rule in found_in(service, environ, body):
                if not is_known(service, operation, path, value):
                    REFUSED.add(service, operation, path, value, rule)
        return application(environ, start_response)

    return answer


def take_body(environ):
    """The request's body, which stays there for whoever reads it next."""
    stream, length = environ["wsgi.input"], environ.get("CONTENT_LENGTH")
    body = stream.read(int(length)) if length else stream.read() if environ.get("wsgi.input_terminated") else b""
    environ["wsgi.input"] = io.BytesIO(body)
    return body


def found_in(service, environ, body):
    """Operation, path, value and rule of each violation of a request."""
    operation = None
    try:
        model = get_service_model(service)
        operation, url_parameters = operation_of(model, environ, body)
        parsed = parse(model, operation, environ, body, url_parameters)
    except Exception as error:  # A request that cannot be read is one that is not checked: that must be seen, whatever the reason.
        return [(operation.name if operation else "?", "", f"{environ['REQUEST_METHOD']} {environ['PATH_INFO']}", f"cannot be read: {error!r}")]
    name, shape = operation.name, operation.input_shape
    broken = [] if shape is None else [*violations(shape, parsed), *documented(f"{service}:{name}", parsed)]
    return [(name, path, value, rule) for path, value, rule in broken]


def parse(model, operation, environ, body, url_parameters):
    """The operation's input by the names of its model."""
    request = Request({**environ, "wsgi.input": io.BytesIO(body), "CONTENT_LENGTH": str(len(body)), "HTTP_TRANSFER_ENCODING": ""})
    protocol = determine_request_protocol(model, request.content_type)
    shape = operation.input_shape
    payload = shape.serialization.get("payload") if shape else None
    is_stream = payload is not None and shape.members[payload].type_name == "blob"
    text = b"" if is_stream and service_takes_bytes(model) else body
    return PROTOCOL_PARSERS[protocol](operation).parse(
        {
            "body": text.decode(),
            "headers": EnvironHeaders(environ),
            "method": request.method,
            "url_params": url_parameters,
            "url_path": request.path,
            "values": request.values,
        }
    )


def service_takes_bytes(model):
    """Objects are what they are; the document of an API is read."""
    return model.service_name == "s3"
