"""Dividing the lines of a terminal among those who have something to tell."""

from collections.abc import Iterable


def shares(wanted: Iterable[int], lines: int) -> list[int]:
    """Divide lines among those who want some: nobody gets more than wanted, all get alike."""
    wishes = list(wanted)
    given = [0] * len(wishes)
    while lines > 0 and given != wishes:
        for number, wish in enumerate(wishes):
            if given[number] < wish and lines > 0:
                given[number] += 1
                lines -= 1
    return given


def shown_of(number: int, share: int) -> int:
    """How many lines of a list to show: one of the share is left to count the others, if any."""
    if number <= share:
        return number
    return share - 1 if share > 1 else share
