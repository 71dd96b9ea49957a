"""Where everything lives: the portal at the root, signing in below ``accounts/``, the back office below
``admin/``.
"""

from __future__ import annotations

from allauth.account.decorators import secure_admin_login
from django.conf import settings
from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path

from switchroom.config.health import alive, ready

# The stock sign-in of the admin knows no second factor and no rate limit: it uses the portal's instead.
admin.site.login = secure_admin_login(admin.site.login)  # type: ignore[method-assign]

urlpatterns: list[URLPattern | URLResolver] = [
    path("healthz", alive, name="healthz"),
    path("readyz", ready, name="readyz"),
    path("accounts/", include("allauth.account.urls")),
    path("accounts/2fa/", include("allauth.mfa.urls")),
    path("accounts/sessions/", include("allauth.usersessions.urls")),
    path("language/", include("django.conf.urls.i18n")),
    path("admin/", admin.site.urls),
    path("", include("switchroom.portal.urls")),
]

if settings.INSTALLATION.movable_clock:
    urlpatterns.append(path("demo/", include("switchroom.demo.urls")))
