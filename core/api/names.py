"""Wire names are camelCase, Python names are snake_case; the two are derived from one another, once."""

import re

_HUMP = re.compile(r"_([a-z0-9])")


def camel(name: str) -> str:
    """`completion_target_value` -> `completionTargetValue`; a name without underscores stays as it is."""
    return _HUMP.sub(lambda match: match[1].upper(), name)


def camel_path(path: str) -> str:
    """The same for each part of a dotted path: `records.3.activity_at` -> `records.3.activityAt`."""
    return ".".join(camel(part) for part in path.split("."))
