"""The keys that sign sessions, cursors and cookies (docs/deploy.md, Rotate the keys)."""

from challenges_project.settings.environment import DEBUG, env, refuse
from core.keys import weakness

MAKE_ONE = 'make one with: python3 -c "import secrets; print(secrets.token_urlsafe(48))"'

SECRET_KEY = env("SECRET_KEY", default="debug-only-" + "x" * 50 if DEBUG else "")
SECRET_KEY_FALLBACKS = env.list("SECRET_KEY_FALLBACKS", default=[])
if not SECRET_KEY:
    raise refuse("SECRET_KEY", f"it is missing (only DEBUG=1 runs without one); {MAKE_ONE}")
for name, key in [
    ("SECRET_KEY", SECRET_KEY),
    *(("SECRET_KEY_FALLBACKS", key) for key in SECRET_KEY_FALLBACKS),
]:
    if not DEBUG and (fault := weakness(key)):
        raise refuse(name, f"{fault}; {MAKE_ONE}")
