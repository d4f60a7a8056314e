"""References from one planned resource to what another one yields, as `${key.output}`.

Some values exist only once Azure has made the thing they belong to (the id of a vended
subscription). The plan names them by reference; they are resolved when the resource is applied.
"""

import json
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from landing_zone.errors import PermanentError

_REFERENCE = re.compile(r"\$\{([a-z0-9:_-]+)\.([A-Za-z0-9]+)\}")

type Outputs = Mapping[str, Mapping[str, str]]


def newest(before: Outputs, told: Iterable[Outputs]) -> dict[str, dict[str, str]]:
    """What is known of outputs after several have told all that they know.

    Whoever has not heard of a resource that was made anew tells what was known before of it: what
    somebody has newly learned counts.

    Args:
        before: What all of them knew at first.
        told: What each knows now.
    """
    found = {key: dict(values) for key, values in before.items()}
    for outputs in told:
        found |= {key: dict(values) for key, values in outputs.items() if values != before.get(key)}
    return found


def reference(key: str, output: str) -> str:
    """The text that stands for an output of the resource with that key."""
    return f"${{{key}.{output}}}"


def referenced_keys(value: Any) -> frozenset[str]:
    """The keys of all resources that a JSON value refers to, in names of properties too.

    As text, because a plan is walked through three times while it is made: no character of a
    reference is written otherwise in JSON.
    """
    text = value if isinstance(value, str) else json.dumps(value)
    return frozenset(key for key, _ in _REFERENCE.findall(text))


def resolved(value: Any, outputs: Outputs) -> Any:
    """The JSON value with every reference replaced, those in names of properties too.

    Args:
        value: Any JSON value.
        outputs: For each key, the outputs that are known by name.

    Raises:
        PermanentError: An output is not known (`UnresolvedReference`).
    """
    return _replaced(value, lambda match: _output(match, outputs))


def _replaced(value: Any, replace: Callable[[re.Match[str]], str]) -> Any:
    match value:
        case str():
            return _REFERENCE.sub(replace, value)
        case dict():
            return {
                _replaced(name, replace): _replaced(item, replace) for name, item in value.items()
            }
        case list() | tuple():
            return [_replaced(item, replace) for item in value]
        case _:
            return value


def _output(match: re.Match[str], outputs: Outputs) -> str:
    key, name = match.groups()
    try:
        return outputs[key][name]
    except KeyError as error:
        raise PermanentError(
            "UnresolvedReference", f"{key!r} has not yielded {name!r}; nothing can be built on it"
        ) from error


def resolved_where_known(text: str, outputs: Outputs) -> str:
    """The text with those references replaced whose outputs are known: for people to read."""
    return str(known_parts(text, outputs))


def known_parts(value: Any, outputs: Outputs) -> Any:
    """The JSON value with those references replaced whose outputs are known."""
    return _replaced(value, lambda match: _known(match, outputs))


def _known(match: re.Match[str], outputs: Outputs) -> str:
    key, name = match.groups()
    return outputs.get(key, {}).get(name, match.group())
