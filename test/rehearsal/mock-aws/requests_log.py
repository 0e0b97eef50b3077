"""What was asked for, request by request, so that it can be judged by the policies of who asked: moto enforces none."""

import re
import threading
from io import BytesIO

CREDENTIAL = re.compile(r"Credential=([^/]+)/[^/]*/([^/]*)/([^/]*)/")
LARGEST_BODY = 65_536


class RequestsLog:
    """The requests so far, in their order of ending. One object for the whole server."""

    def __init__(self):
        self.lock = threading.Lock()
        self.current = threading.local()
        self.clear()

    def clear(self):
        """Nothing was asked for yet."""
        with self.lock:
            self.requests = []

    def name(self, operation):
        """Tells which "service:Action" the request is that this thread answers."""
        self.current.operation = operation

    def wraps(self, application):
        """A WSGI application whose signed requests are kept."""

        def answer(environ, start_response):
            self.current.operation = None
            request = describe(environ)
            response = application(environ, start_response)
            if request["actor"]:
                with self.lock:
                    self.requests.append({"operation": self.current.operation or f"{request['service']}:?", **request})
            return response

        return answer


def describe(environ):
    """Who asks where for what: the access key names the one who acts. Bodies of S3 are data and left out."""
    found = CREDENTIAL.search(environ.get("HTTP_AUTHORIZATION", ""))
    key, region, service = found.groups() if found else ("", "", "")
    length = int(environ.get("CONTENT_LENGTH") or 0)
    body = b""
    if service != "s3" and 0 < length <= LARGEST_BODY:
        body = environ["wsgi.input"].read(length)
        environ["wsgi.input"] = BytesIO(body)
    return {
        "actor": key,
        "service": service,
        "region": region,
        "method": environ["REQUEST_METHOD"],
        "path": environ.get("REQUEST_URI") or environ.get("RAW_URI") or environ.get("PATH_INFO", ""),
        "type": environ.get("CONTENT_TYPE", ""),
        "body": body.decode("utf-8", "replace"),
    }


REQUESTS = RequestsLog()
