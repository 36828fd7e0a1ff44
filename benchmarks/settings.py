"""The project as it is served, with an empty view and the usual way of building one beside it."""

import os
import secrets

# Inherited by the servers that the runs start.
os.environ.setdefault("SECRET_KEY", secrets.token_urlsafe(48))
os.environ.setdefault("ENDUSER_JWT_SECRET", "the-benchmarks-end-user-secret-of-more-than-32-bytes")
os.environ.setdefault("LOG_LEVEL", "WARNING")

from challenges_project.settings import *  # noqa: F403
from challenges_project.settings import INSTALLED_APPS, STORAGES

INSTALLED_APPS = [*INSTALLED_APPS, "benchmarks.usual_way"]
ROOT_URLCONF = "benchmarks.urls"
# The production storage wants a manifest made by collectstatic; no run asks for a static file.
STORAGES = {**STORAGES, "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}}
