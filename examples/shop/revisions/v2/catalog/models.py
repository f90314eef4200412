"""What is sold, and what was ordered."""

import uuid

from django.core.validators import FileExtensionValidator, MaxValueValidator
from django.db import models
from django.urls import reverse

PICTURES = ("jpg", "jpeg", "png", "webp")


class Product(models.Model):
    slug = models.SlugField(unique=True)
    name = models.CharField(max_length=100)
    description = models.TextField(blank=True)
    cents = models.PositiveIntegerField()
    photo = models.FileField(
        upload_to="products/", blank=True, validators=[FileExtensionValidator(PICTURES)]
    )

    rating = models.PositiveSmallIntegerField(null=True, validators=[MaxValueValidator(5)])

    class Meta:
        ordering = ("name",)

    def __str__(self):
        return self.name

    def get_absolute_url(self):
        return reverse("product", args=[self.slug])

    @property
    def stars(self):
        return "★" * self.rating + "☆" * (5 - self.rating) if self.rating else "Not rated yet"

    @property
    def price(self):
        return f"{self.cents / 100:.2f} €"


class Order(models.Model):
    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    email = models.EmailField()
    created = models.DateTimeField(auto_now_add=True)

    def __str__(self):
        return f"{self.email}, {self.created:%Y-%m-%d}"

    def get_absolute_url(self):
        return reverse("order", args=[self.id])


class OrderLine(models.Model):
    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="lines")
    product = models.ForeignKey(Product, on_delete=models.PROTECT)
    quantity = models.PositiveIntegerField()
    cents = models.PositiveIntegerField()

    def __str__(self):
        return f"{self.quantity} of {self.product}"
