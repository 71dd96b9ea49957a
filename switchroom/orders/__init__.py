"""The store wizard's drafts and the quotes it shows; blind to invoices and phone systems."""
