"""Puts the first three products on the shelves, so that a new shop is not empty."""

from django.db import migrations

PRODUCTS = (
    ("teapot", "Teapot", "Short and stout. Answers 418 to coffee.", 2400),
    ("lantern", "Lantern", "Keeps a light in the window while you deploy.", 3150),
    ("compass", "Compass", "Points back to the last good release.", 1890),
)


def add(apps, _schema_editor):
    product = apps.get_model("catalog", "Product")
    for slug, name, description, cents in PRODUCTS:
        values = {"name": name, "description": description, "cents": cents}
        product.objects.get_or_create(slug=slug, defaults=values)


class Migration(migrations.Migration):
    dependencies = (("catalog", "0001_initial"),)
    operations = (migrations.RunPython(add, migrations.RunPython.noop),)
