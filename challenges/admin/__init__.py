from challenges.admin import challenge, milestone, readonly_lists  # noqa: F401
