"""The pages of the demo; an installation with the real clock has none of them."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from switchroom.demo import pages

app_name = "demo"
urlpatterns: list[URLPattern | URLResolver] = [path("move/", pages.move, name="move")]
