"""Remove `live_since`: the rule versions of the challenge say when a milestone pays."""

from django.db import migrations


def restore(apps, schema_editor):
    """Going back: a milestone is live since the first of the newest versions that all name it as live.

    In the same transaction as the column, which would break the constraint that comes back with it.
    """
    milestones = apps.get_model("milestones", "Milestone").objects
    # A version that begins with the next window is no fact yet.
    versions = apps.get_model("challenges", "RuleVersion").objects.filter(applied=True).order_by("-number")
    for milestone in milestones.filter(status="live").order_by("id").iterator():
        since = milestone.created_at
        for version in versions.filter(challenge=milestone.challenge_id):
            statuses = {rule["id"]: rule["status"] for rule in version.milestones}
            if statuses.get(str(milestone.id)) != "live":
                break
            since = version.in_force_from
        milestones.filter(id=milestone.id).update(live_since=since)


class Migration(migrations.Migration):

    dependencies = [
        ("milestones", "0003_name_who_edited"),
        ("challenges", "0009_make_versions_of_0_1"),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name="milestone",
            name="milestone_live_has_since",
        ),
        migrations.RunPython(migrations.RunPython.noop, restore),
        migrations.RemoveField(
            model_name="historicalmilestone",
            name="live_since",
        ),
        migrations.RemoveField(
            model_name="milestone",
            name="live_since",
        ),
    ]
