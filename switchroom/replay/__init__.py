"""What would this customer pay? A door over the rules alone: lives as JSON in, everything that follows as
JSON out.

The same rules as production, without a database and without Django. ``docs/replay.md`` describes the format.
"""
