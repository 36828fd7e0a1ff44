"""Judge keys that sign: long, random, and known to nobody else. Pure."""

SHORTEST = 32  # bytes
FEWEST_DIFFERENT = 8
# No random key has one of these in it; keys of examples, of frameworks' templates and of our own tests have.
KNOWN = (
    "insecure",
    "changeme",
    "change-me",
    "change_me",
    "debug-only",
    "secret-key",
    "secret_key",
    "secretkey",
    "your-secret",
    "example",
    "placeholder",
)


def weakness(key: str) -> str | None:
    """Say what is wrong with a key, without showing it; None for a good one."""
    if len(key.encode()) < SHORTEST:
        return f"shorter than {SHORTEST} bytes"
    if len(set(key)) < FEWEST_DIFFERENT or key in (key + key)[1:-1]:
        return "made of too few different characters"
    if any(word in key.lower() for word in KNOWN):
        return "a known key, or one from an example"
    return None
