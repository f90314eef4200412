"""Adds a note to orders. This one works."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = (("catalog", "0002_first_products"),)
    operations = (
        migrations.AddField(
            model_name="order", name="note", field=models.TextField(null=True, blank=True)
        ),
    )
