"""What visitors may send."""

from django import forms

from catalog.models import Order, Product


class PhotoForm(forms.ModelForm):
    class Meta:
        model = Product
        fields = ("photo",)


class CheckoutForm(forms.ModelForm):
    class Meta:
        model = Order
        fields = ("email",)
