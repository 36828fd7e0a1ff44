from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):

    dependencies = [
        ("rewards", "0004_name_no_field_in_a_message"),
    ]

    operations = [
        migrations.AddField(
            model_name="couponcode",
            name="shared",
            field=models.BooleanField(db_default=False, default=False, editable=False),
        ),
        migrations.AddConstraint(
            model_name="couponcode",
            constraint=models.CheckConstraint(
                condition=Q(shared=False) | Q(reward=None, reward_log=None),
                name="coupon_code_shared_is_nobodys",
            ),
        ),
    ]
