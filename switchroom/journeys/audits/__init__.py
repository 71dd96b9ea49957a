"""The laws of the nightly audit, by subject: each a small function that yields what breaks one law.

They read rows many at a time and leave every decision to ``rules``. ``journeys/audit.py`` lists them.
"""
