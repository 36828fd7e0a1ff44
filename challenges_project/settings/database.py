"""The database: PostgreSQL by DATABASE_URL, else SQLite in DATA_DIR."""

from challenges_project.settings.environment import DATA_DIR, env, refuse

DATABASE_URL = env("DATABASE_URL", default="")


def _seconds(variable: str, text: str) -> int:
    if not (text.isascii() and text.isdigit() and int(text) <= 86_400):
        raise refuse(variable, "whole seconds, 0 to 86400; 0: no limit of ours")
    return int(text)


# How long a request may wait for PostgreSQL; `manage.py serve` sets them, commands set none.
DATABASE_LIMITS = {
    "statement_timeout": _seconds("STATEMENT_TIMEOUT", env("STATEMENT_TIMEOUT", default="60")),
    "lock_timeout": _seconds("LOCK_TIMEOUT", env("LOCK_TIMEOUT", default="5")),
    "idle_in_transaction_session_timeout": _seconds(
        "IDLE_IN_TRANSACTION_TIMEOUT", env("IDLE_IN_TRANSACTION_TIMEOUT", default="30")
    ),
}
# A server that vanished without a word is noticed after ten seconds, not after TCP's own quarter of an hour.
TCP_LIMITS = {
    "keepalives": 1,
    "keepalives_idle": 10,
    "keepalives_interval": 3,
    "keepalives_count": 3,
    "tcp_user_timeout": 10_000,  # milliseconds
    "connect_timeout": 5,
}
DATABASE_POOL_SIZE = env.int("DATABASE_POOL_SIZE", default=16)
if DATABASE_URL:
    from core.sql.postgresql.base import WatchedConnection

    DATABASES = {"default": env.db_url("DATABASE_URL", engine="core.sql.postgresql")}
    DATABASES["default"].update(
        {
            "CONN_HEALTH_CHECKS": True,
            "CONN_MAX_AGE": 0,
            "OPTIONS": {
                **TCP_LIMITS,
                # Binary parameters of the hot path need the server to bind them.
                "server_side_binding": True,
                # A statement that a connection repeats is planned once: a sixth less time for a log.
                # Set 0 behind a pooler that assigns connections by transaction.
                "prepare_threshold": env.int("DATABASE_PREPARE_THRESHOLD", default=5) or None,
                "pool": {
                    "min_size": 1,
                    "max_size": DATABASE_POOL_SIZE,
                    "timeout": 10,
                    # Retry after 1, 3, 7 and 10 seconds, then with each request. By default the pool retries
                    # for five minutes in ever longer steps, and would find the server long after its return.
                    "reconnect_timeout": 10,
                    "connection_class": WatchedConnection,
                },
                **DATABASES["default"].get("OPTIONS", {}),
            },
        }
    )
else:
    DATA_DIR.mkdir(parents=True, exist_ok=True, mode=0o700)
    DATABASES = {
        "default": {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": DATA_DIR / "challenges.sqlite3",
            "OPTIONS": {
                "transaction_mode": "IMMEDIATE",
                "timeout": 20,
                "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;",
            },
            # A file: with an in-memory database, threads of one test would not see each other's rows.
            "TEST": {"NAME": str(DATA_DIR / "test.sqlite3")},
        }
    }
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
