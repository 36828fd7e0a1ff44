"""The API: limits, credentials of end users, CORS, REST framework and the OpenAPI document."""

from challenges_project.settings.environment import DEBUG, env

MAX_BODY_BYTES = env.int("MAX_BODY_BYTES", default=1024 * 1024)
MAX_BATCH_BYTES = env.int("MAX_BATCH_BYTES", default=8 * 1024 * 1024)
DATA_UPLOAD_MAX_MEMORY_SIZE = MAX_BATCH_BYTES
# A challenge with 100 milestones in six languages is one form.
DATA_UPLOAD_MAX_NUMBER_FIELDS = 5000
RATE_LIMIT = env("RATE_LIMIT", default="")
METRICS = env.bool("METRICS", default=False)
ENDUSER_JWT_SECRET = env("ENDUSER_JWT_SECRET", default="")
ENDUSER_JWT_SECRETS = env("ENDUSER_JWT_SECRETS", default="")
ENDUSER_JWT_PUBLIC_KEY = env("ENDUSER_JWT_PUBLIC_KEY", default="").replace("\\n", "\n")
ENDUSER_JWT_ALGORITHM = env(
    "ENDUSER_JWT_ALGORITHM", default="HS256" if ENDUSER_JWT_SECRET or ENDUSER_JWT_SECRETS else ""
)
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
        "BatchLogStatus": "core.choices.BatchLogStatus",
        "CountRunStatus": "core.choices.CountRunStatus",
    },
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "SERVE_INCLUDE_SCHEMA": False,
}
