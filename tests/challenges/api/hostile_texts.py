"""Fifty texts that a marketer's field must survive: what is sent, and why it is refused (None: it is kept).

`plain`: in titles, descriptions, labels and instructions; `message`: in the three messages with variables.
"""

from typing import NamedTuple


class Hostile(NamedTuple):
    text: str
    plain: str | None = None
    message: str | None = None


VARIABLE, UNKNOWN, STRAY, CONTROL, UNSEEN = (
    "variable_not_allowed",
    "unknown_variable",
    "stray_braces",
    "control_character",
    "invisible_text",
)

KEPT = {
    "script": "<script>window.broken=1</script>",
    "img": "<img src=x onerror=window.broken=1>",
    "svg": "<svg/onload=window.broken=1>",
    "breaks out": '"><b onclick="window.broken=1">',
    "closes": "</span></article><h1>broken",
    "entity": "&lt;b&gt;&amp;&#60;i&#62;",
    "comment": "<!-- --><![CDATA[x]]>",
    "javascript": "javascript:window.broken=1",
    "style": "x;}</style><style>*{color:red}",
    "dollar braces": "${7*7} ${window.broken=1}",
    "single braces": "{7*7} {value} {0}",
    "django tag": "{% load static %}{% debug %}",
    "django comment": "{# gone #} {%",
    "erb": "<%= 7*7 %> #{7*7}",
    "printf": "%s %d %(name)s %n %%",
    "sql": "'; DROP TABLE challenges; --",
    "formula": '=HYPERLINK("http://evil.example")',
    "markdown": "[x](javascript:1) **b** `c`",
    "bidi override": "\u202egnihtemos\u202c",
    "bidi unclosed": "a \u202eb \u2066c",
    "bidi marks": "a\u200eb\u200fc\u061c",
    "zero width": "a\u200bb\u200cc\u200dd\ufeffe",
    "soft hyphens": "a\u00adb\u00adc",
    "combining": "Z\u0351\u036b\u0343a\u0334\u0321l\u0335go\u0306\u0332",
    "not composed": "e\u0301 vs \u00e9, \u212b vs \u00c5",
    "emoji": "👩🏽‍🚀👨‍👩‍👧‍👦🏳️‍🌈🇪🇸",
    "beyond the first plane": "𝕳𝖊𝖑𝖑𝖔 𠜎",
    "right to left": "تحدّي שלום 100%",
    "lines": "one\ntwo\r\nthree\tfour",
    "backslashes": "a\\nb\\u0041\\",
    "quotes": "''\"\"``«»„“",
    "private and unassigned": "\ue000 \ufffd \U000e0041",
    "separators": "a\u2028b\u2029c",
}

HOSTILE = {name: Hostile(text) for name, text in KEPT.items()} | {
    "expression": Hostile("{{7*7}}", VARIABLE, UNKNOWN),
    "unknown variable": Hostile("{{secret}}", VARIABLE, UNKNOWN),
    "attribute": Hostile("{{periodText.__class__}}", VARIABLE, UNKNOWN),
    "filter": Hostile("{{periodText|upper}}", VARIABLE, UNKNOWN),
    "near miss": Hostile("{{ period_text }}", VARIABLE, UNKNOWN),
    "braces in braces": Hostile("{{{{periodText}}}}", VARIABLE, STRAY),
    "zero width in a name": Hostile("{{period\u200bText}}", VARIABLE, UNKNOWN),
    "override in a name": Hostile("{{\u202eperiodText}}", VARIABLE, UNKNOWN),
    "cyrillic in a name": Hostile("{{реriodText}}", VARIABLE, UNKNOWN),
    "combining in a name": Hostile("{{periodText\u0301}}", VARIABLE, UNKNOWN),
    "markup in a name": Hostile("{{<b>x}}", VARIABLE, UNKNOWN),
    "full-width braces": Hostile("｛｛periodText｝｝", VARIABLE, STRAY),
    "zero width in braces": Hostile("{\u200b{periodText}\u200b}", VARIABLE, STRAY),
    "zero width alone": Hostile("\u200b\u2060", UNSEEN, UNSEEN),
    "fillers alone": Hostile("\u3164\u2800", UNSEEN, UNSEEN),
    "overrides alone": Hostile("\u202e\u2066", UNSEEN, UNSEEN),
    "open braces": Hostile("{{", VARIABLE, STRAY),
    "closed braces": Hostile("}} x", None, STRAY),
    "NUL": Hostile("a\0b", "nul_character", "nul_character"),
    "high surrogate": Hostile("a\ud83db", "lone_surrogate", "lone_surrogate"),
    "low surrogate": Hostile("\udc00", "lone_surrogate", "lone_surrogate"),
    "bell and escape": Hostile("a\x07\x1b[31mb", CONTROL, CONTROL),
    "delete and C1": Hostile("a\x7f\x9bb", CONTROL, CONTROL),
}
