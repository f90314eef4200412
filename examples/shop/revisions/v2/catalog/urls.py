"""Addresses of the pages."""

from django.urls import path

from catalog import views

urlpatterns = [
    path("", views.products, name="products"),
    path("products/<slug:slug>/", views.product, name="product"),
    path("products/<slug:slug>/photo/", views.photo, name="photo"),
    path("products/<slug:slug>/rate/", views.rate, name="rate"),
    path("products/<slug:slug>/add/", views.add_to_cart, name="add"),
    path("cart/", views.show_cart, name="cart"),
    path("checkout/", views.checkout, name="checkout"),
    path("orders/<uuid:number>/", views.order, name="order"),
]
