"""How large JSON from outside may be before anything looks at it closely."""

from typing import Any, Final

# Event Grid takes events of 1 MB (learn: event-grid/event-schema); those of resources have a few
# kilobytes, and hold nothing that a tenant could make long.
MOST_CHARACTERS: Final = 256 * 1024
MOST_VALUES: Final = 10_000
MOST_LEVELS: Final = 24


def excess(value: Any) -> str:
    """What is too much about a JSON value, or what in it is not JSON; empty where nothing is.

    Walks without recursion, and stops at the first bound that is passed.
    """
    left = [(value, 1)]
    seen = characters = 0
    while left:
        one, level = left.pop()
        seen += 1
        if level > MOST_LEVELS:
            return f"nests deeper than {MOST_LEVELS} levels"
        match one:
            case dict():
                characters += sum(len(name) for name in one if isinstance(name, str))
                if not all(isinstance(name, str) for name in one):
                    return "has a key that is not text"
                left += [(inner, level + 1) for inner in one.values()]
            case list():
                left += [(inner, level + 1) for inner in one]
            case str():
                characters += len(one)
            case None | bool() | int() | float():
                pass
            case _:
                return "holds a value that JSON does not have"
        if seen + len(left) > MOST_VALUES:
            return f"holds more than {MOST_VALUES} values"
        if characters > MOST_CHARACTERS:
            return f"holds more than {MOST_CHARACTERS} characters"
    return ""
