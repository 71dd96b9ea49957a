"""The laws of the nightly audit, by subject: each a small function that yields what breaks one law.

A law looks at one of the ``readings``: the rows of a span of accounts, read once for all laws that look at
them. Every decision is left to ``rules``. ``journeys/audit.py`` lists the laws.
"""
