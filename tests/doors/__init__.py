"""The doors: pages, as a member meets them."""
