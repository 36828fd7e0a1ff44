from backoffice.admin import challenge, readonly_lists, third_party  # noqa: F401
