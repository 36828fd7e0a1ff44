from rewards.admin import model_admins  # noqa: F401
