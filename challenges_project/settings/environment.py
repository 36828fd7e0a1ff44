"""The environment that settings are read from, and the error of a value that stops the start."""

from pathlib import Path

import environ
from django.core.exceptions import ImproperlyConfigured

BASE_DIR = Path(__file__).resolve().parents[2]
env = environ.Env()


def refuse(variable: str, remedy: str) -> ImproperlyConfigured:
    return ImproperlyConfigured(f"{variable}: {remedy}")


DEBUG = env.bool("DEBUG", default=False)
DATA_DIR = Path(env("DATA_DIR", default=str(BASE_DIR / "var"))).resolve()
TRUSTED_PROXIES = env.int("TRUSTED_PROXIES", default=0)
if TRUSTED_PROXIES < 0:
    raise refuse("TRUSTED_PROXIES", "the number of proxies in front of the server, 0 or more")
