"""Words for the verdicts on challenge logs, as support reads them to a member."""

from django.utils.translation import gettext as _

from challenges.models import ChallengeLog


def why_not_counted(log: ChallengeLog) -> str:
    """Explain a log's reason code in words that support can read to a member."""
    return {
        "challenge_paused": _("The challenge was paused when it arrived."),
        "member_paused": _("The member was paused when it arrived."),
        "before_start": _("It happened before the challenge's start."),
        "before_live": _("Its window had closed before the challenge went live."),
        "after_end": _("It happened after the challenge's end."),
        "window_closed": _("It arrived after its window %(key)s had closed and the late grace was over.")
        % {"key": log.period_key},
        "value_missing": _("It came without a value, which this challenge adds up."),
        "original_not_counted": _("It takes back a log that did not count."),
        "original_unknown": _("The log that it takes back had not come when it arrived."),
        "nothing_left": _("Nothing was left of the log that it takes back."),
    }.get(log.reason_code, log.reason_code)
