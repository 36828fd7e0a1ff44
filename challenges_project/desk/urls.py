"""The desk's pages, below the admin's address and behind its login."""

from django.contrib import admin
from django.urls import path

from challenges_project.desk import preview

app_name = "desk"

urlpatterns = [
    path("preview/", admin.site.admin_view(preview.draw), name="preview_new"),
    path("preview/<uuid:challenge_id>/", admin.site.admin_view(preview.draw), name="preview"),
]
