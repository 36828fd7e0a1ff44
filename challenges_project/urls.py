"""The root URLconf."""

from django.conf import settings
from django.contrib import admin
from django.urls import include, path, re_path
from django.views.generic import RedirectView

from core.api.http.error_pages import unknown_path
from core.icons.serving import serve_icon

handler400 = "core.api.http.error_pages.bad_request"
handler403 = "core.api.http.error_pages.forbidden"
handler404 = "core.api.http.error_pages.not_found"
handler500 = "core.api.http.error_pages.server_error"

urlpatterns = [
    path("", include("core.api.urls")),
    path("schema/", include("challenges.api.urls")),
    path("schema/", include("rewards.api.urls")),
    path("schema/", include("members.api.urls")),
    re_path(r"^schema(/[\s\S]*)?\Z", unknown_path),
    re_path(r"^media/icons/(?P<name>[0-9a-f]{32})\.(?P<extension>png|jpg|gif|svg)\Z", serve_icon),
    path("admin/desk/", include("backoffice.pages.urls")),
    path("admin/", admin.site.urls),
]

if settings.DEBUG:
    urlpatterns += [
        path("demo/", include("demo.storefront.urls")),
        path("", RedirectView.as_view(pattern_name="storefront:shop")),
    ]
