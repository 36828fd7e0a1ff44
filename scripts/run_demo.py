"""`make run`: from a fresh checkout to a server with something to see.

Development secrets and the API key are made once and stay in DATA_DIR/development.json, for its owner alone.
Demo data goes into an empty database only, and `admin`/`admin` only into one without staff: an existing
database is served as it is.
"""

import json
import os
import secrets
import sys
from io import StringIO
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
HOST = "127.0.0.1"
TRUE = {"1", "true", "yes", "on"}


class Drawer:
    """The development secrets: made when first asked for, the same in the next run."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.file = folder / "development.json"
        self.kept = json.loads(self.file.read_text()) if self.file.exists() else {}

    def keep(self, name: str, value: str) -> str:
        self.kept[name] = value
        self.file.touch(mode=0o600)
        self.file.write_text(json.dumps(self.kept, indent=2))
        return value

    def secret(self, name: str) -> str:
        return self.kept.get(name) or self.keep(name, secrets.token_urlsafe(48))


def set_environment() -> Drawer:
    """DEBUG and secrets, before the settings read them. What the caller has set stays."""
    if os.environ.setdefault("DEBUG", "1").lower() not in TRUE:
        sys.exit(
            "make run is a demo with a known password: it refuses DEBUG=0. See docs/deploy.md for production."
        )
    os.environ.setdefault("DATA_DIR", str(ROOT / "var"))
    drawer = Drawer(Path(os.environ["DATA_DIR"]))
    for name in ("SECRET_KEY", "ENDUSER_JWT_SECRET"):
        if not os.environ.get(name):
            os.environ[name] = drawer.secret(name)
    os.environ["DJANGO_SETTINGS_MODULE"] = "challenges_project.settings"
    return drawer


def prepare_database() -> None:
    from django.conf import settings
    from django.core.management import call_command

    from challenges.models import Challenge
    from members.models import Member

    print("Preparing the database", flush=True)
    call_command("migrate", verbosity=0)
    if not Challenge.objects.exists() and not Member.objects.exists():
        print("Loading the demo data", flush=True)
        call_command("load_demo")
    # Under DEBUG static files come from their sources; the empty folder keeps the server from complaining.
    Path(settings.STATIC_ROOT).mkdir(exist_ok=True)


def admin_login() -> str:
    """Who may log in to the admin, in words; makes `admin` where there is no staff at all."""
    from django.contrib.auth.models import User

    if not User.objects.filter(is_staff=True).exists():
        User.objects.create_superuser("admin", password="admin")  # noqa: S106 (of a demo, and printed as such)
    admin = User.objects.filter(username="admin", is_active=True).first()
    return "admin, password admin" if admin and admin.check_password("admin") else "your own"


def api_key(drawer: Drawer) -> str:
    """The key of the last run if this database still knows it, else a new one."""
    from django.core.management import call_command

    from access.models.api_key import ApiKey
    from core.api.callers import hash_of

    kept = drawer.kept.get("API_KEY", "")
    if ApiKey.objects.filter(key_hash=hash_of(kept), may_admin=True, paused=False).exists():
        return kept
    said = StringIO()
    call_command("create_api_key", "make run", "--scope", "admin", stdout=said, stderr=StringIO())
    return drawer.keep("API_KEY", said.getvalue().split()[-1])


def storefront(address: str) -> str:
    from django.urls import Resolver404, resolve

    try:
        resolve("/demo/")
    except Resolver404:
        return ""
    return f"  Storefront  {address}/demo/\n"


def greeting(address: str, login: str, key: str) -> str:
    return f"""
  Admin       {address}/admin/   user {login}
{storefront(address)}  API         {address}/docs

Paste this into another terminal:

  export API={address} KEY={key}
  curl -s "$API/schema/challenge/record?limit=1" -H "Authorization: Api-Key $KEY"

Ctrl-C stops it.
"""


def main() -> None:
    os.chdir(ROOT)
    sys.path.insert(0, str(ROOT))
    drawer = set_environment()
    port = os.environ.get("PORT", "8000")

    import django
    from django.core.management import CommandError

    from challenges_project.data_folder import keep_private
    from challenges_project.management.commands.serve import refuse_taken_port

    try:
        refuse_taken_port(HOST, int(port))
        keep_private(Path(os.environ["DATA_DIR"]))
        django.setup()
        prepare_database()
    except CommandError as error:
        sys.exit(str(error))
    print(greeting(f"http://{HOST}:{port}", admin_login(), api_key(drawer)), flush=True)
    os.execv(sys.executable, [sys.executable, "manage.py", "serve", "--host", HOST, "--port", port])


if __name__ == "__main__":
    main()
