"""URLs of the back office's own pages, below the admin's address and behind its login."""

from django.contrib import admin
from django.urls import path

from backoffice.pages import actions, dashboard, member_page, preview, progress_page, sessions

app_name = "backoffice"
staff = admin.site.admin_view

urlpatterns = [
    path("challenges/<uuid:challenge_id>/", staff(dashboard.show), name="dashboard"),
    path("preview/", staff(preview.show), name="preview_new"),
    path("preview/<uuid:challenge_id>/", staff(preview.show), name="preview"),
    path("members/", staff(member_page.search), name="members"),
    path("members/<uuid:member_id>/", staff(member_page.show), name="member"),
    path("members/<uuid:member_id>/export/", staff(actions.export_member), name="export_member"),
    path("members/<uuid:member_id>/count-anyway/", staff(actions.count_anyway), name="count_anyway"),
    path("progress/<uuid:progress_id>/", staff(progress_page.show), name="progress"),
    path("sessions/", staff(sessions.show), name="sessions"),
    path("sessions/<int:user_id>/", staff(sessions.show), name="sessions_of"),
    path("act/<slug:name>/<uuid:subject_id>/", staff(actions.show), name="action"),
]
