"""Give every code that a reward shares, or once shared, a row of its own beside the unique codes.

A code that 0.1 gave to one member and shared with everybody as well is the member's already: its row stays as
it is, the reward shares it no longer safely, and `verify_ledger` names both and the remedy. Nothing is deleted.
"""

from django.db import migrations
from django.utils import timezone

from core.ids import uuid7

ROWS_AT_ONCE = 1000


def claim(apps, schema_editor):
    reward, history, coupon_code = (
        apps.get_model("rewards", name) for name in ("Reward", "HistoricalReward", "CouponCode")
    )
    codes = {
        code
        for model in (reward, history)
        for code in model.objects.filter(code_source="shared")
        .exclude(shared_code="")
        .order_by()
        .values_list("shared_code", flat=True)
        .distinct()
    }
    rows = [coupon_code(id=uuid7(), code=code, shared=True, created_at=timezone.now()) for code in sorted(codes)]
    # A unique code of the same text is left alone.
    coupon_code.objects.bulk_create(rows, batch_size=ROWS_AT_ONCE, ignore_conflicts=True)


def forget(apps, schema_editor):
    apps.get_model("rewards", "CouponCode").objects.filter(shared=True).delete()


class Migration(migrations.Migration):

    dependencies = [
        ("rewards", "0005_keep_shared_codes"),
    ]

    operations = [
        migrations.RunPython(claim, forget),
    ]
