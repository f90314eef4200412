"""Says whether this process can serve, and which release it runs."""

from django.conf import settings
from django.http import JsonResponse


def healthz(_request):
    return JsonResponse({"status": "ok", "release": settings.RELEASE})  # it is RELEASE_ID
