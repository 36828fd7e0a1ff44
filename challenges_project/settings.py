"""Django settings, read from the environment; an invalid value stops the start and names the variable.

The variables are documented in docs/configuration.md. Times are stored in UTC; TIME_ZONE is the admin's.
"""

import zoneinfo
from pathlib import Path

import environ
from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext_lazy as _

from challenges_project.theme import UNFOLD  # noqa: F401 - a setting

BASE_DIR = Path(__file__).resolve().parent.parent
env = environ.Env()


def refuse(variable: str, remedy: str) -> ImproperlyConfigured:
    return ImproperlyConfigured(f"{variable}: {remedy}")


# --- Process ----------------------------------------------------------------------------------------------
DEBUG = env.bool("DEBUG", default=False)
DATA_DIR = Path(env("DATA_DIR", default=str(BASE_DIR / "var"))).resolve()
SECRET_KEY = env("SECRET_KEY", default="debug-only-" + "x" * 50 if DEBUG else "")
if not SECRET_KEY:
    raise refuse("SECRET_KEY", "set it to a long random string (only DEBUG=1 runs without one)")
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["localhost", "127.0.0.1", "[::1]"])
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])
TRUSTED_PROXIES = env.int("TRUSTED_PROXIES", default=0)
if TRUSTED_PROXIES < 0:
    raise refuse("TRUSTED_PROXIES", "the number of proxies in front of the server, 0 or more")

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
    "django.contrib.sessions.middleware.SessionMiddleware",
    "core.api.http.middleware.PageLocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
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

# --- Database ---------------------------------------------------------------------------------------------
DATABASE_URL = env("DATABASE_URL", default="")
if DATABASE_URL:
    from core.sql.postgresql.base import WatchedConnection

    DATABASES = {"default": env.db_url("DATABASE_URL", engine="core.sql.postgresql")}
    DATABASES["default"].update(
        {
            "CONN_HEALTH_CHECKS": True,
            "CONN_MAX_AGE": 0,
            "OPTIONS": {
                # Binary parameters of the hot path need the server to bind them.
                "server_side_binding": True,
                # A statement that a connection repeats is planned once: a sixth less time for a log.
                # Set 0 behind a pooler that assigns connections by transaction.
                "prepare_threshold": env.int("DATABASE_PREPARE_THRESHOLD", default=5) or None,
                "pool": {
                    "min_size": 1,
                    "max_size": env.int("DATABASE_POOL_SIZE", default=8),
                    "timeout": 10,
                    # Retry after 1, 3, 7 and 10 seconds, then with each request. By default the pool retries
                    # for five minutes in ever longer steps, and would find the server long after its return.
                    "reconnect_timeout": 10,
                    "connection_class": WatchedConnection,
                },
                **DATABASES["default"].get("OPTIONS", {}),
            },
        }
    )
else:
    DATA_DIR.mkdir(parents=True, exist_ok=True)
    DATABASES = {
        "default": {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": DATA_DIR / "challenges.sqlite3",
            "OPTIONS": {
                "transaction_mode": "IMMEDIATE",
                "timeout": 20,
                "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;",
            },
            # A file: with an in-memory database, threads of one test would not see each other's rows.
            "TEST": {"NAME": str(DATA_DIR / "test.sqlite3")},
        }
    }
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# --- Staff logins -----------------------------------------------------------------------------------------
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "django.contrib.auth.backends.ModelBackend",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in ("UserAttributeSimilarityValidator", "MinimumLengthValidator", "CommonPasswordValidator")
]
# Both, or anyone who knows a user name could lock its owner out.
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = 1
AXES_RESET_ON_SUCCESS = True
AXES_VERBOSE = False
AXES_LOCKOUT_TEMPLATE = "backoffice/locked_out.html"
LOGIN_URL = "admin:login"
LOGIN_REDIRECT_URL = "admin:index"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = not DEBUG and env.bool("HTTPS", default=True)
if TRUSTED_PROXIES:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "SAMEORIGIN"

# --- Languages and time -----------------------------------------------------------------------------------
# Fixed in the code: a language is a set of columns, a new one a migration (docs/add-a-language.md).
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
# SQLite ignores the included columns of an index, and is no slower for it.
SILENCED_SYSTEM_CHECKS = ["models.W040"]
FORMAT_MODULE_PATH = "core.admin.formats"
TIME_ZONE = env("TIME_ZONE", default="UTC")
if TIME_ZONE not in zoneinfo.available_timezones():
    raise refuse("TIME_ZONE", "an IANA name such as Europe/Berlin")

# --- API --------------------------------------------------------------------------------------------------
MAX_BODY_BYTES = env.int("MAX_BODY_BYTES", default=1024 * 1024)
MAX_BATCH_BYTES = env.int("MAX_BATCH_BYTES", default=8 * 1024 * 1024)
DATA_UPLOAD_MAX_MEMORY_SIZE = MAX_BATCH_BYTES
# A challenge with 100 milestones in six languages is one form.
DATA_UPLOAD_MAX_NUMBER_FIELDS = 5000
RATE_LIMIT = env("RATE_LIMIT", default="")
METRICS = env.bool("METRICS", default=False)
ENDUSER_JWT_SECRET = env("ENDUSER_JWT_SECRET", default="")
ENDUSER_JWT_PUBLIC_KEY = env("ENDUSER_JWT_PUBLIC_KEY", default="").replace("\\n", "\n")
ENDUSER_JWT_ALGORITHM = env("ENDUSER_JWT_ALGORITHM", default="HS256" if ENDUSER_JWT_SECRET else "")
ENDUSER_JWT_AUDIENCE = env("ENDUSER_JWT_AUDIENCE", default="")
ENDUSER_JWT_ISSUER = env("ENDUSER_JWT_ISSUER", default="")
CORS_ALLOWED_ORIGINS = env.list("CORS_ALLOWED_ORIGINS", default=[])
CORS_ALLOWED_ORIGIN_REGEXES = [r"^https?://(localhost|127\.0\.0\.1|\[::1\])(:\d+)?$"] if DEBUG else []
CORS_ALLOW_CREDENTIALS = False
CORS_EXPOSE_HEADERS = ["ETag", "Content-Language", "Idempotent-Replayed", "Retry-After"]
CORS_URLS_REGEX = r"^/(schema/|openapi\.json)"
CORS_ALLOW_METHODS = ["GET", "POST", "PATCH", "DELETE", "OPTIONS"]
CORS_ALLOW_HEADERS = ["accept", "authorization", "content-type", "if-none-match"]
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["access.api.authentication.CallerAuthentication"],
    "DEFAULT_THROTTLE_CLASSES": ["access.api.throttling.CallerRateThrottle"],
    "DEFAULT_PARSER_CLASSES": ["core.api.http.parsers.StrictJSONParser"],
    "DEFAULT_RENDERER_CLASSES": ["core.api.http.renderers.JSONRenderer"],
    "EXCEPTION_HANDLER": "core.api.http.exception_handler.handle",
    "DEFAULT_SCHEMA_CLASS": "core.api.schema.RecordSchema",
    "UNAUTHENTICATED_USER": None,
    "URL_FORMAT_OVERRIDE": None,
}

SPECTACULAR_SETTINGS = {
    "TITLE": "Challenges",
    "VERSION": "0.2.0",
    "OAS_VERSION": "3.1.0",
    "COMPONENT_SPLIT_REQUEST": True,
    "ENUM_GENERATE_CHOICE_DESCRIPTION": False,
    "ENUM_NAME_OVERRIDES": {
        "RecordStatus": "core.choices.RecordStatus",
        "MemberStatus": "core.choices.MemberStatus",
        "RewardLogStatus": "core.choices.RewardLogStatus",
    },
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "SERVE_INCLUDE_SCHEMA": False,
}

# --- Files ------------------------------------------------------------------------------------------------
STATIC_URL = "/static/"
STATIC_ROOT = BASE_DIR / "staticfiles"
STATICFILES_DIRS = [BASE_DIR / "static"]
MEDIA_URL = "/media/"
MEDIA_ROOT = DATA_DIR / "media"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}
WHITENOISE_USE_FINDERS = DEBUG

# --- Content Security Policy ------------------------------------------------------------------------------
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'self'"],
        "img-src": ["'self'", "data:"],
        "object-src": ["'none'"],
        "base-uri": ["'self'"],
        "frame-ancestors": ["'self'"],
    }
}

# --- Logs -------------------------------------------------------------------------------------------------
LOG_FORMAT = env("LOG_FORMAT", default="text")
if LOG_FORMAT not in ("text", "json"):
    raise refuse("LOG_FORMAT", "text or json")
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "text": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"},
        "json": {
            "()": "pythonjsonlogger.json.JsonFormatter",
            "fmt": "%(asctime)s %(levelname)s %(name)s %(message)s",
        },
    },
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": LOG_FORMAT}},
    "root": {"handlers": ["console"], "level": env("LOG_LEVEL", default="INFO")},
}
