from milestones.admin import milestone  # noqa: F401
