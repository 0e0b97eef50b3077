"""What tags may be, in the characters that every service takes: some take more, none fewer (Tagging AWS Resources, "Tag naming limits")."""

import re
from urllib.parse import parse_qsl

CHARACTERS = re.compile(r"[\w\s.:/=+\-@]*")


def all_tags(value, place=""):
    """Place and content, a dict, of every collection of tags in a request."""
    if isinstance(value, dict):
        for name, item in value.items():
            path = f"{place}.{name}" if place else name
            if name.lower() in ("tags", "tagset", "addtags", "tagstoadd"):
                yield path, as_dict(item)
            else:
                yield from all_tags(item, path)
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from all_tags(item, f"{place}[{index}]")


def as_dict(value):
    """Tags as services write them, by their keys."""
    if isinstance(value, dict):
        return as_dict(value["Items"]) if isinstance(value.get("Items"), list) else value
    pairs = [{key.lower().removeprefix("tag"): given for key, given in tag.items()} for tag in value if isinstance(tag, dict)]
    return {tag["key"]: tag.get("value", "") for tag in pairs if "key" in tag}


def violations(parsed):
    """What is no tag, and what are too many."""
    for path, tags in all_tags(parsed):
        if len(tags) > 50:
            yield path, len(tags), "a resource has at most 50 tags"
        for key, value in tags.items():
            if not (1 <= len(key) <= 128 and CHARACTERS.fullmatch(key)) or key.lower().startswith("aws:"):
                yield path, key, "a tag's key takes 128 letters, digits, spaces and _.:/=+-@, and does not begin with aws:"
            if len(value or "") > 256 or not CHARACTERS.fullmatch(value or ""):
                yield f"{path}{{{key}}}", value, "a tag's value takes 256 letters, digits, spaces and _.:/=+-@"


def of_object(parsed):
    """S3 User Guide, "Categorizing your objects using tags". An upload has them in a header, written as a query."""
    given = {"Tagging": dict(parse_qsl(parsed["Tagging"], keep_blank_values=True))} if isinstance(parsed.get("Tagging"), str) else {}
    for path, tags in [*all_tags(parsed), *given.items()]:
        if len(tags) > 10:
            yield path, len(tags), "an object has at most 10 tags"
    for tags in given.values():
        yield from violations({"Tags": tags})


def once(parsed):
    """IAM User Guide, "Tags for IAM resources": keys are the same in whatever case."""
    for path, tags in all_tags(parsed):
        keys = [key.lower() for key in tags]
        for key in tags:
            if keys.count(key.lower()) > 1:
                yield path, key, "IAM takes a key once, in whatever case"


RULES = [("*:*", violations), ("s3:PutObject", of_object), ("s3:PutObjectTagging", of_object), ("iam:*", once)]
