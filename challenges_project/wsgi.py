"""The WSGI entry that `manage.py serve` and any other WSGI server runs."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "challenges_project.settings")

application = get_wsgi_application()
