"""The roof: which address leads into which room."""

from django.conf import settings
from django.contrib import admin
from django.urls import include, path, re_path
from django.views.generic import RedirectView

from challenges_project.api.handlers import unknown_path
from challenges_project.icons.serving import serve_icon

handler400 = "challenges_project.api.handlers.bad_request"
handler403 = "challenges_project.api.handlers.forbidden"
handler404 = "challenges_project.api.handlers.not_found"
handler500 = "challenges_project.api.handlers.server_error"

urlpatterns = [
    path("", include("challenges_project.api.urls")),
    path("schema/", include("challenges.urls")),
    path("schema/", include("rewards.urls")),
    path("schema/", include("members.urls")),
    re_path(r"^schema(/[\s\S]*)?\Z", unknown_path),
    re_path(r"^media/icons/(?P<name>[0-9a-f]{32})\.(?P<extension>png|jpg|gif|svg)\Z", serve_icon),
    path("admin/desk/", include("challenges_project.desk.urls")),
    path("admin/", admin.site.urls),
]

if settings.DEBUG:
    urlpatterns += [
        path("demo/", include("challenges_project.desk.storefront.urls")),
        path("", RedirectView.as_view(pattern_name="storefront:shop")),
    ]
