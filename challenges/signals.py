"""Signals of this app."""

from django.dispatch import Signal

# Sent whenever challenge logs were stored, one or five thousand, inside the transaction that stored them.
# `logs`: what was stored, in record order, each with its judgement (`models.rows.LogRow` or a saved
# `ChallengeLog`). The engine's receiver answers `challenges.engine.progress.Applied`.
challenge_logs_saved = Signal()
