"""What the rehearsal asks the mock to do wrong, and which operations were called. Set over HTTP, see control.py."""

import threading
import time
from collections import Counter
from fnmatch import fnmatchcase

# What each key holds until it is set. `capacity`: instance type to EC2's error code. `deny`: patterns of "service:Action". `delay`: milliseconds by
# "service:Action". `lose`: how many answers of "service:Action" get lost, though it is done. `quotas`: value by quota code. `builds`: what a build of a project does, by project name (or a pattern of it).
DEFAULTS = {"capacity": {}, "deny": [], "delay": {}, "lose": {}, "quotas": {"L-DB2E81BA": 8.0, "L-3819A6DF": 8.0}, "builds": {}}


class Faults:
    """The faults in force and the operations called so far. One object for the whole server."""

    def __init__(self):
        self.lock = threading.Lock()
        self.clear()

    def clear(self):
        """Back to a cloud without faults, with nothing called yet."""
        with self.lock:
            self.values = {key: type(value)(value) for key, value in DEFAULTS.items()}
            self.calls = Counter()

    def put(self, changes):
        """Replaces the given keys, each wholly. Raises ValueError for a key that there is not or of another type."""
        for key, value in changes.items():
            if key not in DEFAULTS:
                raise ValueError(f"no such fault: {key}; there are {', '.join(DEFAULTS)}")
            if not isinstance(value, type(DEFAULTS[key])):
                raise ValueError(f"{key} must be a JSON {'array' if isinstance(DEFAULTS[key], list) else 'object'}")
        with self.lock:
            self.values.update(changes)

    def get(self, key):
        """What stands under a key of DEFAULTS."""
        return self.values[key]

    def match(self, key, name):
        """The entry of an object whose key is the name or a pattern of it; None if there is none."""
        table = self.values[key]
        return table.get(name, next((value for pattern, value in table.items() if fnmatchcase(name, pattern)), None))

    def enter(self, operation):
        """Counts a call of "service:Action", waits if it is to be slow, and tells whether it is denied."""
        with self.lock:
            self.calls[operation] += 1
        began = time.monotonic()
        # Looked up again and again: who clears the delay lets go of what it holds up.
        while (time.monotonic() - began) * 1000 < (self.match("delay", operation) or 0):
            time.sleep(0.02)
        return any(fnmatchcase(operation, pattern) for pattern in self.values["deny"])

    def loses(self, operation):
        """Whether the answer of an operation that was done gets lost; as often as was asked for."""
        with self.lock:
            left = self.values["lose"].get(operation, 0)
            if left > 0:
                self.values["lose"] = self.values["lose"] | {operation: left - 1}
        return left > 0


FAULTS = Faults()
