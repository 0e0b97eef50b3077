"""Values of a parsed request by their path."""


def values_in(value, path, place=""):
    """Place and value of everything at a path like IpPermissions[].IpRanges[].Description; nothing where a part of it is absent."""
    if value is None:
        return
    if path == "":
        yield place, value
    elif path.startswith("[]"):
        for index, item in enumerate(value if isinstance(value, list) else []):
            yield from values_in(item, path[2:].removeprefix("."), f"{place}[{index}]")
    elif isinstance(value, dict):
        cut = min(position for position in (path.find("."), path.find("["), len(path)) if position >= 0)
        name, rest = path[:cut], path[cut:].removeprefix(".")
        if name == "*":
            for key, item in value.items():
                yield from values_in(item, rest, f"{place}{{{key}}}")
        else:
            yield from values_in(value.get(name), rest, f"{place}.{name}" if place else name)
