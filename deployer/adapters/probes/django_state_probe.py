# Functions for the app's environment, after django.setup(): which migrations the database has.


def _name(key):
    return f"{key[0]}.{key[1]}"


def _django_state(loader, connection):
    """Names of applied migrations, and of those among them that this code does not know."""
    on_disk = set(loader.disk_migrations)
    replaced = {tuple(key) for one in loader.disk_migrations.values() for key in one.replaces}
    applied = sorted(loader.applied_migrations)
    return {
        "vendor": connection.vendor,
        "version": getattr(connection, "pg_version", 0) if connection.vendor == "postgresql" else 0,
        "applied": [_name(key) for key in applied],
        "strangers": [
            _name(key)
            for key in applied
            if key[0] in loader.migrated_apps and key not in on_disk | replaced
        ],
    }


def _django_ask(connection):
    def ask(text, values=()):
        with connection.cursor() as cursor:
            cursor.execute(text, list(values))
            return cursor.fetchall()

    return ask
