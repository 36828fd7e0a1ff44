"""The addresses as they are under DEBUG, with the demo storefront: tests run without it."""

from django.urls import include, path

from challenges_project.urls import handler400, handler403, handler404, handler500, urlpatterns  # noqa: F401

urlpatterns = [*urlpatterns, path("demo/", include("demo.storefront.urls"))]
