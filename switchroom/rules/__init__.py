"""The business in pure functions: no Django, no clock, no input or output, no chance.

Facts come in as frozen records, decisions go out as frozen records or as a ``Refused``. Every function takes
the day it is asked about. The rule numbers in the docstrings are those of ``docs/rules/``.
"""
