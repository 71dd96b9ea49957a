"""A wish that the rules do not grant, said in one plain sentence.

The sentence is a template with named places so that a door can put it into the reader's language: ``text`` is
the English source, ``params`` are its values (days, money, numbers, words).
"""

from __future__ import annotations

from datetime import date

from switchroom.rules.money import Money

_MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)


def gettext_noop(text: str) -> str:
    """This function will mark a sentence for the translators and give it back unchanged."""
    return text


def long_day(day: date) -> str:
    """This function will write a day as in ``1 July 2027``, in English whatever the process's locale is."""
    return f"{day.day} {_MONTHS[day.month - 1]} {day.year}"


class Refused(Exception):
    """A refusal: the number of the rule, the sentence, and the values in the sentence."""

    def __init__(self, rule: str, text: str, **params: date | Money | int | str) -> None:
        super().__init__(rule, text)
        self.rule = rule
        self.text = text
        self.params = params

    def __str__(self) -> str:
        written = {
            name: long_day(value) if isinstance(value, date) else str(value)
            for name, value in self.params.items()
        }
        return self.text.format(**written)
