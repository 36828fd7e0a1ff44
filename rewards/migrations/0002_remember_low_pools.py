from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ("rewards", "0001_initial"),
    ]

    operations = [
        migrations.AddField(
            model_name=model,
            name="low_since",
            field=models.DateTimeField(blank=True, editable=False, null=True, verbose_name="low since"),
        )
        for model in ("reward", "historicalreward")
    ] + [
        migrations.AlterField(
            model_name=model,
            name="low_water_mark",
            field=models.PositiveIntegerField(
                blank=True,
                help_text="Warn when fewer uploaded codes than this are left. Empty: when none is.",
                null=True,
                verbose_name="low-water mark",
            ),
        )
        for model in ("reward", "historicalreward")
    ] + [
        migrations.RemoveIndex(model_name="couponcode", name="coupon_code_free"),
        migrations.AddIndex(
            model_name="couponcode",
            index=models.Index(
                condition=models.Q(("reward_log", None)),
                fields=["reward", "created_at", "id"],
                name="coupon_code_free",
            ),
        ),
    ]
