from django.urls import path

from demo.storefront import views

app_name = "storefront"
urlpatterns = [
    path("", views.shop, name="shop"),
    path("activity", views.record_activity, name="activity"),
    path("token", views.renew_token, name="token"),
]
