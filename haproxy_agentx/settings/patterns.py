"""Regular expressions for the schema of the configuration, in the syntax of ECMA-262 (JSON Schema 6.3.3). Pure."""

from collections.abc import Iterator
from math import ceil, floor

_FREE = ("", "[0-9]", "[0-9]{{{0}}}")
"""Any digits: none, one, or more."""


def number(least: int, most: int) -> str:
    """Return a pattern, in a group of its own, of the whole numbers from ``least`` to ``most``, also with zeros before.

    Both are at least 0.
    """
    return f"0*(?:{'|'.join(_alternatives(least, most))})"


def decimal(least: float, most: float) -> str:
    """Return a pattern, in a group of its own, of numbers from ``least`` to ``most`` with or without decimals.

    Where an end is no whole number, all decimals of its whole number match.
    """
    first, last = ceil(least), floor(most)
    parts = []
    if first < last:
        parts.append(rf"{number(first, last - 1)}(?:\.[0-9]+)?")
    if first <= last:
        parts.append(number(last, last) + (r"(?:\.0+)?" if last == most else r"(?:\.[0-9]+)?"))
    if first > least:
        parts.append(rf"{number(first - 1, first - 1)}\.[0-9]+")
    return f"(?:{'|'.join(parts)})"


def any_case(word: str) -> str:
    """Return a pattern of an ASCII word in capitals, in small letters, or mixed."""
    return "".join(f"[{letter.upper()}{letter.lower()}]" if letter.isalpha() else letter for letter in word)


def whole(pattern: str) -> str:
    """Return a pattern that matches nothing more: those of JSON Schema match a part of a text."""
    return f"^(?:{pattern})$"


def _alternatives(least: int, most: int) -> Iterator[str]:
    """Yield patterns of ranges that differ in their last digits only, such as 3[0-9] and 4[0-7]."""
    if least == 0:  # the only number that begins with 0
        yield "0"
        least = 1
    while least <= most:
        free = 0
        while _top(least, free + 1) <= most and least % 10 ** (free + 1) == 0:
            free += 1
        step: int = 10**free
        head, digit = divmod(least // step, 10)
        last = min(9, digit + (most - least + 1) // step - 1)
        yield (str(head) if head else "") + _digits(digit, last) + _FREE[min(free, 2)].format(free)
        least += (last - digit + 1) * step


def _top(number: int, free: int) -> int:
    """Return the greatest number whose last ``free`` digits are free, where the number's are."""
    step: int = 10**free
    return number + step - 1


def _digits(first: int, last: int) -> str:
    return str(first) if first == last else f"[{first}-{last}]"
