from django.urls import path

from demo.storefront import views

app_name = "storefront"
urlpatterns = [
    path("", views.shop, name="shop"),
    path("activity", views.act, name="act"),
    path("token", views.renew, name="renew"),
]
