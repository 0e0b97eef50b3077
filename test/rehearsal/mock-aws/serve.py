"""Starts moto's server with the additions: python serve.py -H 127.0.0.1 -p PORT (the options of moto_server)."""

import importlib
import pkgutil
import sys

import additions
import gate  # noqa: F401  its hooks come first, so that they see every operation
from control import control
from moto import server
from contracts.check import check
from werkzeug.serving import WSGIRequestHandler

for module in pkgutil.iter_modules(additions.__path__):
    importlib.import_module(f"additions.{module.name}")

# Head and body of an answer in one packet. When a body comes later, AWS's client for Go may close its connection before it has read a DynamoDB answer, and
# ask again: a lock that was taken is then refused, to the one who has it.
WSGIRequestHandler.wbufsize = 65_536

application = server.DomainDispatcherApplication
server.DomainDispatcherApplication = lambda create_app: control(check(application(create_app)))

if __name__ == "__main__":
    server.main(sys.argv[1:])
