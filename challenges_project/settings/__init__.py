"""Django settings, read from the environment; an invalid value stops the start and names the variable.

The variables are documented in docs/configuration.md. Times are stored in UTC; TIME_ZONE is the admin's.
"""

from challenges_project.settings.api import *  # noqa: F403
from challenges_project.settings.browsers import *  # noqa: F403
from challenges_project.settings.database import *  # noqa: F403
from challenges_project.settings.environment import *  # noqa: F403
from challenges_project.settings.environment import BASE_DIR, DATA_DIR, DEBUG, env
from challenges_project.settings.keys import *  # noqa: F403
from challenges_project.settings.languages import *  # noqa: F403
from challenges_project.settings.logins import *  # noqa: F403
from challenges_project.settings.logs import *  # noqa: F403
from challenges_project.settings.second_factor import *  # noqa: F403
from challenges_project.settings.second_factor import (
    SECOND_FACTOR,
    SECOND_FACTOR_APPS,
    SECOND_FACTOR_MIDDLEWARE,
)
from challenges_project.settings.sessions import *  # noqa: F403
from challenges_project.theme import UNFOLD  # noqa: F401 - a setting

# --- Process ----------------------------------------------------------------------------------------------
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["localhost", "127.0.0.1", "[::1]"])
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])

INSTALLED_APPS = [
    "challenges_project",
    # Before the admin, so that the theme's templates are found first.
    "unfold.apps.BasicAppConfig",
    "unfold.contrib.filters",
    "unfold.contrib.simple_history",
    "modeltranslation",
    "challenges_project.apps.StaffAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "django.forms",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "corsheaders",
    "csp",
    "axes",
    "simple_history",
    *(SECOND_FACTOR_APPS if SECOND_FACTOR else []),
    "access",
    "members",
    "rewards",
    "milestones",
    "challenges",
    "demo",
    "backoffice",
]

MIDDLEWARE = [
    "core.api.metrics.MeteringMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "csp.middleware.CSPMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "core.api.http.middleware.PublicCorsMiddleware",
    "core.api.http.middleware.ReadablePagesMiddleware",
    "core.api.http.middleware.StaffSessionMiddleware",
    "core.api.http.middleware.PageLocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "core.api.http.middleware.SignedCookiesMiddleware",
    "core.api.http.middleware.BodyLimitMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    *(SECOND_FACTOR_MIDDLEWARE if SECOND_FACTOR else []),
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "simple_history.middleware.HistoryRequestMiddleware",
    "axes.middleware.AxesMiddleware",
]

ROOT_URLCONF = "challenges_project.urls"
WSGI_APPLICATION = "challenges_project.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]

# Widgets may use templates of our own.
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"

# --- Files ------------------------------------------------------------------------------------------------
STATIC_URL = "/static/"
STATIC_ROOT = BASE_DIR / "staticfiles"
STATICFILES_DIRS = [BASE_DIR / "static"]
MEDIA_URL = "/media/"
MEDIA_ROOT = DATA_DIR / "media"
STORAGES = {
    "default": {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        # The server itself serves them; static files are not secret.
        "OPTIONS": {"file_permissions_mode": 0o600, "directory_permissions_mode": 0o700},
    },
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}
WHITENOISE_USE_FINDERS = DEBUG
