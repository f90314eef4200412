"""What every page shows: the greeting, and which release answered."""

import os

from django.conf import settings


def site(_request):
    return {"site": settings.SITE, "pid": os.getpid()}
