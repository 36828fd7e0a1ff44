"""The setting of the admin's theme, django-unfold: names, colours and the callbacks in `backoffice`."""

from typing import Any

UNFOLD: dict[str, Any] = {
    "SITE_TITLE": "Challenges",
    "SITE_HEADER": "Challenges",
    "SITE_SYMBOL": "flag",
    "SITE_URL": None,
    "SHOW_HISTORY": True,
    "SHOW_VIEW_ON_SITE": False,
    "STYLES": ["backoffice.pages.navigation.stylesheet"],
    "SITE_FAVICONS": [
        {"rel": "icon", "type": "image/svg+xml", "href": "backoffice.pages.navigation.favicon"}
    ],
    "DASHBOARD_CALLBACK": "backoffice.pages.home.overview_context",
    "ACCOUNT": {"navigation": "backoffice.pages.navigation.account_links"},
    "SIDEBAR": {"navigation": "backoffice.pages.navigation.groups"},
    "COLORS": {
        "primary": {
            "50": "#eef6ff",
            "100": "#d9eaff",
            "200": "#bcdbff",
            "300": "#8ec4ff",
            "400": "#59a2ff",
            "500": "#327eff",
            "600": "#1b5ef5",
            "700": "#1449e1",
            "800": "#173cb6",
            "900": "#19378f",
            "950": "#142357",
        }
    },
}
