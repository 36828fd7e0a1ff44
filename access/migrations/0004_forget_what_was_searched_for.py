"""Empty the searches in the notes of exports: what was searched for names a member, who may be erased later.

Data alone. The searches are gone for good, so going back restores nothing.
"""

from urllib.parse import parse_qsl, urlencode

from django.db import migrations


def forget_searches(apps, schema_editor):
    entries = apps.get_model("access", "StaffAction").objects.using(schema_editor.connection.alias)
    for entry in entries.filter(action__startswith="export_").exclude(detail={}).iterator(1000):
        if filters := entry.detail.get("filters"):
            pairs = parse_qsl(filters, keep_blank_values=True)
            kept = urlencode([(name, "*" if name == "q" else value) for name, value in pairs])
            if kept != filters:
                entries.filter(pk=entry.pk).update(detail={**entry.detail, "filters": kept})


class Migration(migrations.Migration):
    dependencies = [("access", "0003_name_the_key_that_acted")]

    operations = [migrations.RunPython(forget_searches, migrations.RunPython.noop)]
