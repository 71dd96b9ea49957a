"""The pages of the portal."""

from __future__ import annotations

from django.conf import settings
from django.urls import URLPattern, URLResolver, path

from switchroom.portal import design

app_name = "portal"
urlpatterns: list[URLPattern | URLResolver] = []

if settings.DEBUG or settings.INSTALLATION.movable_clock:
    urlpatterns.append(path("design/", design.show, name="design"))
