"""Validators of staff passwords beside Django's own (the setting AUTH_PASSWORD_VALIDATORS)."""

from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from access.domain import sessions

# zxcvbn's scale from 0 to 4: 3 takes more than a hundred million guesses.
LEAST_SCORE = 3
# zxcvbn reads no further, and so much is strong unless it repeats itself.
JUDGED_CHARACTERS = 72
OUR_WORDS = ["challenges", "challenge", "admin", "coupon", "reward"]


class StrengthValidator:
    """Refuses what is guessed soon: words, names, dates, keyboard rows, repetitions, also when dressed up."""

    def validate(self, password: str, user: Any = None) -> None:
        # Its lists of words are read when it is imported, which no other request should wait for.
        from zxcvbn import zxcvbn

        judged = password[:JUDGED_CHARACTERS]
        if judged and zxcvbn(judged, user_inputs=[*OUR_WORDS, *_words_of(user)])["score"] < LEAST_SCORE:
            raise ValidationError(
                _("This password would be guessed soon. Use four words that do not belong together."),
                code="password_too_weak",
            )

    def get_help_text(self) -> str:
        return _("It can’t be one that is guessed soon. Four words that do not belong together are good.")


class SessionEnder:
    """Ends every session of an account whose password has changed; Django calls it then.

    The browser that changes its own password gets a new session at once (`update_session_auth_hash`).
    """

    def validate(self, password: str, user: Any = None) -> None:
        """Any password is fine."""

    def password_changed(self, password: str, user: Any = None) -> None:
        if user is not None and user.pk:
            sessions.end_all(user.pk)

    def get_help_text(self) -> str:
        return _("A new password logs you out everywhere else.")


def _words_of(user: Any) -> list[str]:
    names = (getattr(user, name, "") for name in ("username", "first_name", "last_name", "email"))
    return [word for name in names if name for word in (name, *name.replace("@", " ").split())]
