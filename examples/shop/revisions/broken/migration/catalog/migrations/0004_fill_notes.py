"""Fills the notes. This one fails."""

from django.db import migrations

deployer = "additive"  # v1 never reads notes


def fill(apps, _schema_editor):
    apps.get_model("catalog", "Order").objects.filter(note=None).update(note="")
    raise ValueError("no note for order 17")


class Migration(migrations.Migration):
    dependencies = (("catalog", "0003_order_note"),)
    operations = (migrations.RunPython(fill, migrations.RunPython.noop),)
