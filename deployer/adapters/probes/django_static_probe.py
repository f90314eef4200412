# Functions for the app's environment, after django.setup(): static files go into the release.
import os
import signal


def _django_collect():
    from django.conf import settings
    from django.core.management import call_command

    wanted = os.environ["STATIC_ROOT"]
    if settings.STATIC_ROOT is None:
        settings.STATIC_ROOT = wanted
    elif os.path.realpath(settings.STATIC_ROOT) != os.path.realpath(wanted):
        raise SystemExit(
            f"settings.STATIC_ROOT is {str(settings.STATIC_ROOT)!r}, but static files are served "
            f"from {wanted!r}: set STATIC_ROOT = os.environ['STATIC_ROOT'], or leave it out"
        )
    call_command("collectstatic", interactive=False, verbosity=1)


def _django_collects_only_here():
    """Whether collecting can touch nothing but the release: known command, known storage."""
    from django.contrib.staticfiles.storage import staticfiles_storage
    from django.core.management import get_commands

    known = ("django.contrib.staticfiles.storage", "whitenoise.storage")
    staticfiles_storage.exists("")  # has it made
    storage = type(staticfiles_storage._wrapped)
    command = get_commands().get("collectstatic")
    return storage.__module__ in known and command == "django.contrib.staticfiles"


def _django_collect_early():
    """Collect while the app is loaded, which is what takes long; tells whether it did.

    What goes wrong here goes wrong again in the step of its own, and is told there.
    """
    before = signal.signal(signal.SIGALRM, _django_too_long)
    signal.alarm(30)
    try:
        if not _django_collects_only_here():
            return False
        _django_collect()
        return True
    except (Exception, SystemExit):
        return False
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


def _django_too_long(*_):
    raise SystemExit("collecting static files takes longer than 30 s")
