"""Translate the names of fields from Python (`ends_at`) to the wire (`endsAt`): here, and nowhere else."""

import re
from functools import cache

from django.conf import settings
from modeltranslation.utils import build_localized_fieldname

_HUMP = re.compile(r"_([a-z0-9])")
# A relation is named after the record in Python and by its id on the wire.
RELATIONS = frozenset({"challenge", "completion_reward", "reward"})


def camel(name: str) -> str:
    """`completion_target_value` -> `completionTargetValue`; a name without underscores stays as it is."""
    return _HUMP.sub(lambda match: match[1].upper(), name)


def wire_path(path: str) -> str:
    """The wire's name of a field, also inside other records: `records.3.activity_at`, `records.3.activityAt`.

    A relation ends in `Id` (`reward` -> `rewardId`), a translated text in its language but for the default
    one (`eud_title_en` -> `eudTitle`, `eud_title_de` -> `eudTitle.de`). A wire name stays as it is.
    """
    return ".".join(wire_name(part) for part in path.split("."))


def wire_name(name: str) -> str:
    if name in RELATIONS:
        return f"{camel(name)}Id"
    if name.startswith("eud_"):
        for suffix, language in _languages().items():
            if name.endswith(suffix):
                text = camel(name.removesuffix(suffix))
                default = language == settings.MODELTRANSLATION_DEFAULT_LANGUAGE
                return text if default else f"{text}.{language}"
    return camel(name)


@cache
def _languages() -> dict[str, str]:
    """The ending of a language's columns (`_pt_br`) to its code (`pt-br`), the longest first."""
    endings = {build_localized_fieldname("", code): code for code in settings.MODELTRANSLATION_LANGUAGES}
    return dict(sorted(endings.items(), key=lambda pair: -len(pair[0])))
