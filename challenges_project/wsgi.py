"""The WSGI application, for `manage.py serve` and any other WSGI server."""

import multiprocessing
import os
import signal

from django.conf import settings
from django.core.wsgi import get_wsgi_application

from core.api.http.bodies import closing_unread_bodies
from core.api.http.proxies import behind_proxies

if multiprocessing.parent_process() is not None:
    # A worker of `serve`. Ctrl-C in a terminal reaches both the worker and the server, which stops the worker
    # by a signal of its own. With both signals the worker would hang and be killed half a minute later.
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "challenges_project.settings")

application = closing_unread_bodies(
    behind_proxies(get_wsgi_application(), settings.TRUSTED_PROXIES), buffered=settings.TRUSTED_PROXIES > 0
)
