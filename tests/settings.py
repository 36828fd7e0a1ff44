"""The project's settings as the tests run them: a data folder of their own, no secret of anybody's.

An environment that is set already wins, so that one run can point at another database or folder.
"""

import atexit
import hashlib
import os
import shutil
import tempfile

if "DATA_DIR" not in os.environ:
    # Workers of xdist inherit the variable: one folder for the run, removed by the process that made it.
    os.environ["DATA_DIR"] = tempfile.mkdtemp(prefix="challenges-tests-")
    atexit.register(shutil.rmtree, os.environ["DATA_DIR"], ignore_errors=True)
# A key that stands in the repository is refused. All processes that share a data folder share a key.
os.environ.setdefault("SECRET_KEY", hashlib.sha512(os.environ["DATA_DIR"].encode()).hexdigest())

os.environ.setdefault("DATABASE_POOL_SIZE", "40")  # 32 writers and who watches them

from challenges_project.settings import *  # noqa: F403
from challenges_project.settings import STORAGES

# The production storage wants a manifest made by collectstatic; a test reads the files where they lie.
STORAGES = {**STORAGES, "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}}
# Staff log in dozens of times; the real hasher is slow on purpose.
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
