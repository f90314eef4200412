"""Adds a column that may be empty, so that v1 goes on working while v2 arrives."""

import django.core.validators
from django.db import migrations, models

FIVE = django.core.validators.MaxValueValidator(5)


class Migration(migrations.Migration):
    dependencies = (("catalog", "0002_first_products"),)
    operations = (
        migrations.AddField(
            model_name="product",
            name="rating",
            field=models.PositiveSmallIntegerField(null=True, validators=[FIVE]),
        ),
    )
