"""The mock's own HTTP paths, beside those of AWS: /sluice/faults, /sluice/calls and /sluice/violations."""

import json
import os

from faults import FAULTS
from requests_log import REQUESTS
from contracts.check import REFUSED


def control(application):
    """Wraps a WSGI application: answers /sluice/… itself and hands everything else on. A reset of moto also clears the faults."""

    application = REQUESTS.wraps(application)

    def answer(environ, start_response):
        path, method = environ.get("PATH_INFO", ""), environ["REQUEST_METHOD"]
        if path == "/moto-api/reset" and method == "POST":
            FAULTS.clear()
            REQUESTS.clear()
        if not path.startswith("/sluice/"):
            return application(environ, start_response)
        status, body = route(path, method, environ)
        data = json.dumps(body).encode()
        start_response(status, [("Content-Type", "application/json"), ("Content-Length", str(len(data)))])
        return [data]

    return answer


def route(path, method, environ):
    """Status and JSON body for one of our own paths."""
    if path == "/sluice/identity" and method == "GET":
        return "200 OK", os.environ.get("SLUICE_MOCK_IDENTITY", "")
    if path == "/sluice/calls" and method == "GET":
        return "200 OK", dict(FAULTS.calls)
    if path == "/sluice/violations" and method == "GET":
        return "200 OK", REFUSED.listed()
    if path == "/sluice/violations" and method == "DELETE":
        REFUSED.clear()
        return "200 OK", []
    if path == "/sluice/requests" and method == "GET":
        return "200 OK", REQUESTS.requests
    if path == "/sluice/faults" and method == "GET":
        return "200 OK", FAULTS.values
    if path == "/sluice/faults" and method == "DELETE":
        FAULTS.clear()
        return "200 OK", FAULTS.values
    if path == "/sluice/faults" and method == "POST":
        try:
            FAULTS.put(json.loads(environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))))
        except (ValueError, AttributeError) as error:
            return "400 Bad Request", {"error": str(error)}
        return "200 OK", FAULTS.values
    return "404 Not Found", {"error": f"no such path: {method} {path}"}
