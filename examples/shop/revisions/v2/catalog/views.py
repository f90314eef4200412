"""The pages of the shop."""

from django.db import transaction
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST

from catalog import cart
from catalog.forms import CheckoutForm, PhotoForm, RatingForm
from catalog.models import Order, OrderLine, Product


def products(request):
    return render(request, "catalog/products.html", {"products": Product.objects.all()})


def product(request, slug):
    found = get_object_or_404(Product, slug=slug)
    return render(request, "catalog/product.html", {"product": found, "form": PhotoForm()})


@require_POST
def photo(request, slug):
    found = get_object_or_404(Product, slug=slug)
    form = PhotoForm(request.POST, request.FILES, instance=found)
    if form.is_valid():
        form.save()
        return redirect(found)
    context = {"product": get_object_or_404(Product, slug=slug), "form": form}
    return render(request, "catalog/product.html", context, status=422)


@require_POST
def rate(request, slug):
    found = get_object_or_404(Product, slug=slug)
    form = RatingForm(request.POST, instance=found)
    if form.is_valid():
        form.save()
    return redirect(found)


@require_POST
def add_to_cart(request, slug):
    cart.add(request.session, get_object_or_404(Product, slug=slug))
    return redirect("cart")


def show_cart(request):
    context = {"lines": cart.lines(request.session), "form": CheckoutForm()}
    return render(request, "catalog/cart.html", context)


@require_POST
def checkout(request):
    form = CheckoutForm(request.POST)
    wanted = cart.lines(request.session)
    if not wanted or not form.is_valid():
        return render(request, "catalog/cart.html", {"lines": wanted, "form": form}, status=422)
    with transaction.atomic():
        made = form.save()
        for line in wanted:
            OrderLine.objects.create(order=made, cents=line["product"].cents, **line)
    cart.empty(request.session)
    return redirect(made)


def order(request, number):
    found = get_object_or_404(Order.objects.prefetch_related("lines__product"), pk=number)
    return render(request, "catalog/order.html", {"order": found})
