"""The WSGI application, for `manage.py serve` and any other WSGI server."""

import os

from django.conf import settings
from django.core.wsgi import get_wsgi_application

from core.api.http.bodies import closing_unread_bodies
from core.api.http.proxies import behind_proxies

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "challenges_project.settings")

application = closing_unread_bodies(
    behind_proxies(get_wsgi_application(), settings.TRUSTED_PROXIES), buffered=settings.TRUSTED_PROXIES > 0
)
