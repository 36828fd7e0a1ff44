"""The tests' settings with the passwords' real, slow hasher: for what its cost may do to others."""

from tests.settings import *  # noqa: F403

PASSWORD_HASHERS = ["access.domain.hashing.BoundedPasswordHasher"]
