"""Says whether this process can serve, and which release it runs."""

import os

from django.conf import settings
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import JsonResponse
from django.views.decorators.cache import never_cache


def migrations():
    executor = MigrationExecutor(connection)
    return "pending" if executor.migration_plan(executor.loader.graph.leaf_nodes()) else "ok"


@never_cache
def healthz(_request):
    """200 when the database answers and has every migration; 503 otherwise."""
    try:
        found = migrations()
    except DatabaseError as error:
        found = f"unknown: {type(error).__name__}"
    return JsonResponse(
        {
            "status": "ok" if found == "ok" else "error",
            "release": settings.RELEASE_ID,
            "revision": settings.SITE["revision"],
            "pid": os.getpid(),
            "migrations": found,
        },
        status=200 if found == "ok" else 503,
    )
