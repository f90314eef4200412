"""The cart: a visitor's session holds how many of which product they want."""

from catalog.models import Product


def add(session, product):
    cart = session.get("cart", {})
    session["cart"] = cart | {product.slug: cart.get(product.slug, 0) + 1}


def empty(session):
    session.pop("cart", None)


def lines(session):
    wanted = session.get("cart", {})
    products = Product.objects.filter(slug__in=wanted)
    return [{"product": product, "quantity": wanted[product.slug]} for product in products]
