from django.db import migrations, models


class Migration(migrations.Migration):
    """Lists of one window, of open windows and of what did not count read no large table through."""

    dependencies = [
        ('challenges', '0003_remember_unsettled_edits'),
        ('members', '0001_initial'),
    ]

    operations = [
        migrations.AddIndex(
            model_name='challengelog',
            index=models.Index(fields=['period_key', 'id'], name='challenge_log_of_window'),
        ),
        migrations.AddIndex(
            model_name='challengelog',
            index=models.Index(condition=models.Q(('counted', False)), fields=['id'], name='challenge_log_not_counted'),
        ),
        migrations.AddIndex(
            model_name='challengeprogress',
            index=models.Index(fields=['period_key', 'updated_at', 'id'], name='progress_of_window'),
        ),
        migrations.AddIndex(
            model_name='challengeprogress',
            index=models.Index(condition=models.Q(('challenge_completed_at', None)), fields=['window_ends_at'], name='progress_unfinished'),
        ),
    ]
