"""Languages and time zone. Fixed in the code: a language is a set of columns, a new one a migration.

See docs/add-a-language.md.
"""

import zoneinfo

from django.utils.translation import gettext_lazy as _

from challenges_project.settings.environment import BASE_DIR, env, refuse

LANGUAGES = [
    ("en", _("English")),
    ("es", _("Spanish")),
    ("fr", _("French")),
    ("de", _("German")),
    ("ar", _("Arabic")),
    ("ja", _("Japanese")),
]
LANGUAGE_CODE = env("LANGUAGE_CODE", default="en")
MODELTRANSLATION_DEFAULT_LANGUAGE = "en"
MODELTRANSLATION_LANGUAGES = tuple(code for code, _name in LANGUAGES)
MODELTRANSLATION_FALLBACK_LANGUAGES = ("en",)
LANGUAGES_OFFERED = env.list("LANGUAGES_OFFERED", default=list(MODELTRANSLATION_LANGUAGES))
if LANGUAGE_CODE not in MODELTRANSLATION_LANGUAGES:
    raise refuse("LANGUAGE_CODE", f"one of {', '.join(MODELTRANSLATION_LANGUAGES)}")
if unknown := set(LANGUAGES_OFFERED) - set(MODELTRANSLATION_LANGUAGES):
    unknown_codes = ", ".join(sorted(unknown))
    raise refuse(
        "LANGUAGES_OFFERED", f"{unknown_codes} is not one of {', '.join(MODELTRANSLATION_LANGUAGES)}"
    )
if "en" not in LANGUAGES_OFFERED:
    raise refuse("LANGUAGES_OFFERED", "must contain en, the language that texts fall back to")
LOCALE_PATHS = [BASE_DIR / "locale"]
USE_I18N = USE_TZ = True
FORMAT_MODULE_PATH = "core.admin.formats"
TIME_ZONE = env("TIME_ZONE", default="UTC")
if TIME_ZONE not in zoneinfo.available_timezones():
    raise refuse("TIME_ZONE", "an IANA name such as Europe/Berlin")
