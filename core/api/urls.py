"""URLs of health, metrics and documents; the apps route their own resources."""

from django.urls import path

from core.api import health
from core.api.documents import docs, openapi

urlpatterns = [
    path("healthz", health.healthz),
    path("readyz", health.readyz),
    path("metrics", health.metrics),
    path("openapi.json", openapi),
    path("docs", docs),
]
