"""What the database itself forbids about the catalogue: what was once on sale never changes."""

from __future__ import annotations

from switchroom.plumbing.laws import append_only, immutable, undeletable

LAWS = [
    *immutable("catalog_product", ["key"]),
    *undeletable("catalog_product"),
    *append_only("catalog_productversion"),
    *append_only("catalog_licence"),
]
