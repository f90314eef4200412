import os
import sys

sys.path.insert(0, os.getcwd())
import django
from django.conf import settings
from django.core.management import call_command

django.setup()
wanted = os.environ["STATIC_ROOT"]
if settings.STATIC_ROOT is None:
    settings.STATIC_ROOT = wanted
elif os.path.realpath(settings.STATIC_ROOT) != os.path.realpath(wanted):
    raise SystemExit(
        f"settings.STATIC_ROOT is {str(settings.STATIC_ROOT)!r}, but static files are served from "
        f"{wanted!r}: set STATIC_ROOT = os.environ['STATIC_ROOT'], or leave it out"
    )
call_command("collectstatic", interactive=False, verbosity=1)
