"""Where a model is stricter than AWS itself. Each has its reason; nothing else is let through."""

import fnmatch

# Pattern of "service:Operation", pattern of the path, and why.
EXCEPTIONS = []


def is_known(service, operation, path, value):
    """Whether AWS takes what its model refuses."""
    return any(fnmatch.fnmatchcase(f"{service}:{operation}", names) and fnmatch.fnmatchcase(path, paths) for names, paths, _ in EXCEPTIONS)
