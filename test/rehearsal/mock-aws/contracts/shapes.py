"""Holds a parsed request against the shape of its operation: required, length, range, pattern and the values of an enumeration."""

import functools

import regex

NUMBERS = ("integer", "long", "float", "double")


def violations(shape, value, path=""):
    """Path, value and broken rule of everything in the value that the shape does not allow."""
    if value is None:
        return
    told = "(not shown)" if shape.metadata.get("sensitive") else value
    rule = broken(shape, value)
    if rule is not None:
        yield path, told, rule
    elif shape.type_name == "structure" and not getattr(shape, "is_document_type", False):
        for name in shape.metadata.get("required", []):
            if value.get(name) is None:
                yield joined(path, name), None, "is required"
        for name, given in value.items():
            yield from violations(shape.members[name], given, joined(path, name))
    elif shape.type_name == "list":
        for index, item in enumerate(value):
            yield from violations(shape.member, item, f"{path}[{index}]")
    elif shape.type_name == "map":
        for key, item in value.items():
            yield from violations(shape.key, key, f"{path}{{key}}")
            yield from violations(shape.value, item, f"{path}{{{key}}}")


def joined(path, name):
    """The path of a member."""
    return f"{path}.{name}" if path else name


def broken(shape, value):
    """The rule of the shape itself that its value breaks. None if there is none."""
    kind, limits = shape.type_name, shape.metadata
    wanted = {"string": str, "list": list, "map": dict, "structure": dict, "boolean": bool}.get(kind)
    if wanted is not None and not isinstance(value, wanted):
        return f"must be a {kind}"
    if kind in NUMBERS or kind in ("string", "blob", "list", "map"):
        measured, unit = (value, "") if kind in NUMBERS else (len(value), " long" if kind in ("string", "blob") else " entries")
        if "min" in limits and measured < limits["min"]:
            return f"must be at least {limits['min']}{unit}"
        if "max" in limits and measured > limits["max"]:
            return f"must be at most {limits['max']}{unit}"
    if kind != "string":
        return None
    if getattr(shape, "enum", None) and value not in shape.enum:
        return f"must be one of {', '.join(shape.enum)}"
    if "pattern" in limits and not compiled(limits["pattern"]).fullmatch(value):
        return f"must match {limits['pattern']}"
    return None


@functools.cache
def compiled(pattern):
    """A pattern as AWS's own servers read it: all of the value, \\w and \\d of ASCII alone, characters beyond 16 bits as two."""
    flags = 0 if "\\p{" in pattern else regex.ASCII
    return regex.compile(pattern.replace("\\uD800\\uDC00-\\uDBFF\\uDFFF", "\\U00010000-\\U0010FFFF"), flags)
