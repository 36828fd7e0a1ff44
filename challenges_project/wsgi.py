"""The WSGI entry that `manage.py serve` and any other WSGI server runs."""

import os

from django.conf import settings
from django.core.wsgi import get_wsgi_application

from challenges_project.proxies import behind_proxies

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "challenges_project.settings")

application = behind_proxies(get_wsgi_application(), settings.TRUSTED_PROXIES)
