"""The template context of the shop's page: texts, departments, and links to its other states."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.conf import settings

from demo.storefront.goods import DEPARTMENTS, Good
from demo.storefront.visitors import GUEST, KNOWN, NEW, Visitor
from demo.storefront.words import BRAND, FALLBACK, LANGUAGES, RIGHT_TO_LEFT, price_in, words_in

THEMES = ("", "light", "dark")


@dataclass(frozen=True)
class Address:
    """The state of the page, as its query string holds it."""

    member: str = ""
    language: str = FALLBACK
    theme: str = ""

    def link(self, **changes: str) -> str:
        """Return the query string of this page with these parameters changed; defaults are left out."""
        parameters = {"member": self.member, "language": self.language, "theme": self.theme} | changes
        defaults = {"language": FALLBACK}
        given = {name: value for name, value in parameters.items() if value != defaults.get(name, "")}
        return f"?{urlencode(given)}"


@dataclass(frozen=True)
class Choice:
    """An entry of one of the page's menus."""

    label: str
    link: str
    is_chosen: bool
    language: str = ""


def address_of(parameters: Any) -> Address:
    """Read the page's state from a query string or a form; what the shop does not offer is the default."""
    language, theme = parameters.get("language", ""), parameters.get("theme", "")
    return Address(
        parameters.get("member", ""),
        language if language in offered_languages() else FALLBACK,
        theme if theme in THEMES else "",
    )


def offered_languages() -> dict[str, str]:
    return {code: name for code, name in LANGUAGES.items() if code in settings.LANGUAGES_OFFERED}


def page_context(address: Address, visitor: Visitor) -> dict[str, Any]:
    """Return the template's context, without the visitor's token."""
    words = words_in(address.language)
    return {
        "brand": BRAND,
        "words": words,
        "hello": words["hello"].format(name=visitor.name) if visitor.name else words["welcome"],
        "language": address.language,
        "direction": "rtl" if address.language in RIGHT_TO_LEFT else "ltr",
        "theme": address.theme,
        "visitor": visitor,
        "visitor_name": visitor.name or words["guest"],
        "join": address.link(member=NEW),
        "departments": list(_departments(address.language, words)),
        "visitors": list(_visitors(address, visitor, words)),
        "languages": [
            Choice(name, address.link(language=code), code == address.language, code)
            for code, name in offered_languages().items()
        ],
        "language_name": LANGUAGES[address.language],
        "themes": [
            Choice(words[f"theme_{theme or 'system'}"], address.link(theme=theme), theme == address.theme)
            for theme in THEMES
        ],
    }


def _visitors(address: Address, visitor: Visitor, words: dict[str, str]) -> Iterable[Choice]:
    yield Choice(words["guest"], address.link(member=""), visitor == GUEST)
    for known in KNOWN.values():
        yield Choice(known.name, address.link(member=known.external_id), visitor == known)
    if visitor.is_newcomer:
        yield Choice(visitor.name, address.link(), is_chosen=True)
    yield Choice(words["somebody_new"], address.link(member=NEW), is_chosen=False)


def _departments(language: str, words: dict[str, str]) -> Iterable[dict[str, Any]]:
    for department in DEPARTMENTS:
        yield {
            "slug": department.slug,
            "title": words[department.slug],
            "verb": words[department.verb],
            "goods": [
                {"slug": good.slug, "title": words[good.slug], "worth": _worth(good, language, words)}
                for good in department.goods
            ],
        }


def _worth(good: Good, language: str, words: dict[str, str]) -> str:
    if good.value is None:
        return ""
    if good.activity_id == "purchase":
        return price_in(language, good.value)
    return words["calories"].format(value=good.value)
