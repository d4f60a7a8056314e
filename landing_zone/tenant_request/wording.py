"""How a value that a person wrote is repeated to that person: short, with nothing hidden in it."""

import json

LONGEST_ECHO = 60
LARGEST_ECHO = 10**18

_STRUCTURES = ((dict, "a mapping"), ((list, tuple), "a list"))


def quoted(value: object) -> str:
    """A scalar as it was written, bounded, with whatever cannot be seen made visible."""
    match value:
        case str():
            return json.dumps(shortened(value), ensure_ascii=not value.isprintable())
        case bool() | None:
            return json.dumps(value)
        case int() if abs(value) > LARGEST_ECHO:
            return "a number of more than 18 digits"
        case _:
            return shortened(str(value))


def described(value: object) -> str:
    """What a value is, in the words of someone who writes YAML or JSON."""
    match value:
        case None:
            return "nothing"
        case bool():
            return f"the truth value {quoted(value)}"
        case str():
            return f"the text {quoted(value)}"
        case int() | float():
            return f"the number {quoted(value)}"
        case _:
            kinds = (words for kind, words in _STRUCTURES if isinstance(value, kind))
            return next(kinds, "a value of another kind")


def shortened(text: str) -> str:
    """The text, cut where it is longer than a person wants to read."""
    return text if len(text) <= LONGEST_ECHO else f"{text[:LONGEST_ECHO]}..."
