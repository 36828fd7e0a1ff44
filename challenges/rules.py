"""Placeholder until the engine's door is written: saves plainly."""


def save(challenge, milestones=None, at=None, **kwargs):
    challenge.save()


def save_milestone(milestone, at=None, **kwargs):
    if milestone.status == "live" and milestone.live_since is None:
        milestone.live_since = at
    milestone.save()


def remove(challenge, at=None):
    challenge.delete()


def remove_milestone(milestone, at=None):
    milestone.delete()
