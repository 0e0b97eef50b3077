"""Prints every documented rule that fits no operation, or whose path no operation's model has: it would hold nothing. python misplaced.py"""

import fnmatch
import pathlib
import re
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parents[1]))

from contracts.documented import RULES  # noqa: E402
from contracts.limits import LIMITS  # noqa: E402
from moto.core.utils import get_service_model  # noqa: E402


def has(shape, steps):
    """Whether a shape has a member at the end of these steps."""
    if not steps:
        return True
    step, *rest = steps
    if step == "[]":
        return shape.type_name == "list" and has(shape.member, rest)
    if shape.type_name == "map":
        return has(shape.value, rest)
    if shape.type_name != "structure":
        return False
    return any(has(member, rest) for name, member in shape.members.items() if step in ("*", name))


def is_placed(operations, path):
    """Whether some operation that the pattern fits has a member there."""
    service, pattern = operations.split(":")
    if service == "*":
        return True
    model = get_service_model(service)
    shapes = [model.operation_model(name).input_shape for name in model.operation_names if fnmatch.fnmatchcase(name, pattern)]
    return any(shape is not None and has(shape, re.findall(r"[^.\[\]]+|\[\]", path)) for shape in shapes)


for operations, path, *_ in [*LIMITS, *((operations, "") for operations, _ in RULES)]:
    if not is_placed(operations, path):
        print(operations, path)
