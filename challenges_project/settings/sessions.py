"""Passwords and sessions of staff."""

from challenges_project.settings.environment import env, refuse

AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
    {"NAME": "access.domain.passwords.StrengthValidator"},
    {"NAME": "access.domain.passwords.SessionEnder"},
]
SESSION_ENGINE = "access.domain.sessions"
SESSION_IDLE_MINUTES = env.int("SESSION_IDLE_MINUTES", default=120)
SESSION_HOURS = env.int("SESSION_HOURS", default=12)
# The longest life, whoever uses the session.
SESSION_COOKIE_AGE = SESSION_HOURS * 60 * 60
if SESSION_IDLE_MINUTES < 2:
    raise refuse("SESSION_IDLE_MINUTES", "2 or more; use is noted once a minute")
if SESSION_HOURS < 1:
    raise refuse("SESSION_HOURS", "1 or more")
