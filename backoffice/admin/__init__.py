from backoffice.admin import registration  # noqa: F401
