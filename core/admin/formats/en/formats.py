"""Date formats of the admin, as in the back office: 2026-11-22 18:00. Django's English writes "midnight"."""

DATE_FORMAT = SHORT_DATE_FORMAT = "Y-m-d"
DATETIME_FORMAT = SHORT_DATETIME_FORMAT = "Y-m-d H:i"
TIME_FORMAT = "H:i"
