"""Define the signals of this app."""

from django.dispatch import Signal

# Sent once for all logs that a transaction stores together, inside that transaction. `logs`: these logs with
# their verdicts, in the order in which they were recorded, as `models.rows.LogRow` or a saved `ChallengeLog`.
# `net`: whether what they reach and take back is not due.
# The engine's receiver returns `challenges.engine.progress.Applied`.
challenge_logs_saved = Signal()
