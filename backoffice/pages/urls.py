"""URLs of the back office's own pages, below the admin's address and behind its login."""

from django.conf import settings
from django.contrib import admin
from django.urls import path

from backoffice.pages import actions, count_anyway, dashboard, member_page, preview, progress_page, sessions

app_name = "backoffice"
staff = admin.site.admin_view

urlpatterns = [
    path("challenges/<uuid:challenge_id>/", staff(dashboard.show), name="dashboard"),
    path("challenges/<uuid:challenge_id>/count-anyway/", staff(count_anyway.show), name="count_anyway_all"),
    path(
        "challenges/<uuid:challenge_id>/count-anyway/<uuid:run_id>/",
        staff(count_anyway.show_run),
        name="count_run",
    ),
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

if settings.SECOND_FACTOR:
    from backoffice.pages import passkeys, second_factor

    urlpatterns += [
        path("second-factor/", second_factor.show, name="second_factor"),
        path("second-factor/app/", second_factor.add_app, name="second_factor_app"),
        path("second-factor/codes/", second_factor.make_codes, name="second_factor_codes"),
        path("second-factor/remove/", second_factor.remove, name="second_factor_remove"),
        path("second-factor/passkey/begin/", passkeys.begin_registration, name="passkey_begin"),
        path("second-factor/passkey/complete/", passkeys.complete_registration, name="passkey_complete"),
        path("second-factor/of/<int:user_id>/", staff(second_factor.reset), name="second_factor_of"),
        # Guesses: nginx limits what is below check/ (deploy/nginx.conf).
        path("second-factor/check/", second_factor.check, name="second_factor_check"),
        path("second-factor/check/password/", second_factor.password, name="second_factor_password"),
        path("second-factor/check/passkey/begin/", passkeys.begin_check, name="passkey_check_begin"),
        path("second-factor/check/passkey/complete/", passkeys.complete_check, name="passkey_check_complete"),
    ]
