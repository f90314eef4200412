"""Every address of the shop."""

from django.conf import settings
from django.conf.urls.static import static
from django.urls import include, path

from shop.health import healthz

urlpatterns = [
    path("healthz", healthz, name="health"),
    path("", include("catalog.urls")),
    *static(settings.MEDIA_URL, document_root=settings.MEDIA_ROOT),  # only when DEBUG is on
]
