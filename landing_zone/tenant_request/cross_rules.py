"""Rules between the values of a tenant request.

They read the plain document, not the model, and pass over what they cannot read: so they speak up
even where some other value is wrong, and a person hears of everything at once.
"""

from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import Any, NamedTuple

from landing_zone.addressing import SpokeRoom, spoke_room
from landing_zone.tenant_request.room import (
    BESIDE_NODES,
    LARGEST_NETWORK,
    SMALLEST_NETWORK,
    endpoint_addresses,
)
from landing_zone.tenant_request.wording import quoted

type Path = tuple[str | int, ...]

USUAL_NETWORK = 24


class Breach(NamedTuple):
    """One rule that a document breaks.

    Attributes:
        path: Where, as keys and positions.
        message: What is wrong.
        allowed: What would be right.
    """

    path: Path
    message: str
    allowed: str


def breaches(document: object) -> tuple[Breach, ...]:
    """Every rule between values that the document breaks."""
    return tuple(breach for rule in RULES for breach in rule(document))


def _at(document: object, *path: str) -> Any:
    for key in path:
        if not isinstance(document, dict):
            return None
        document = document.get(key)
    return document


def _whole(document: object, *path: str) -> int | None:
    value = _at(document, *path)
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _texts(document: object, *path: str) -> list[tuple[int, str]]:
    values = _at(document, *path)
    if not isinstance(values, list | tuple):
        return []
    return [(index, value) for index, value in enumerate(values) if isinstance(value, str)]


def _repeats(texts: list[tuple[int, str]], path: Path, tail: Path = ()) -> Iterator[Breach]:
    first: dict[str, int] = {}
    for index, text in texts:
        before = first.setdefault(text.lower(), index)
        if before != index:
            message = f"{quoted(text)} is there already, at position {before + 1}"
            yield Breach((*path, index, *tail), message, "each value once")


def _lists_have_no_repeats(document: object) -> Iterator[Breach]:
    for path in LISTS_OF_DISTINCT:
        yield from _repeats(_texts(document, *path), path)


def _deployments_are_distinct(document: object) -> Iterator[Breach]:
    models = _at(document, "ai", "models")
    rows = enumerate(models if isinstance(models, list | tuple) else ())
    named = [(index, _at(model, "deployment")) for index, model in rows]
    texts = [(index, name) for index, name in named if isinstance(name, str)]
    yield from _repeats(texts, ("ai", "models"), ("deployment",))


def _group_has_one_role(document: object) -> Iterator[Breach]:
    contributors = {text.lower() for _, text in _texts(document, "access", "contributors")}
    for index, text in _texts(document, "access", "readers"):
        if text.lower() in contributors:
            message = f"{quoted(text)} is among the contributors, who may read anyway"
            yield Breach(("access", "readers", index), message, "a group that is no contributor")


def _nodes_scale_upwards(document: object) -> Iterator[Breach]:
    least = _whole(document, "compute", "nodes", "min")
    most = _whole(document, "compute", "nodes", "max")
    if least is not None and most is not None and most < least:
        yield Breach(
            ("compute", "nodes", "max"),
            f"{quoted(most)} is less than min, which is {quoted(least)}",
            "min or more",
        )


def _own_nodes_are_described(document: object) -> Iterator[Breach]:
    isolation = _at(document, "isolation")
    if isolation in ("nodepool", "cluster") and _at(document, "compute", "nodes") is None:
        yield Breach(
            ("compute", "nodes"),
            f"is missing, and isolation {isolation} gives the tenant nodes of its own",
            "size, min and max",
        )


def _network(document: object) -> tuple[int, SpokeRoom] | None:
    """The size of the spoke and the room in it; None where its size is a fault already."""
    length = _whole(document, "network", "prefixLength")
    if length is None:
        length = USUAL_NETWORK
    if not LARGEST_NETWORK <= length <= SMALLEST_NETWORK:
        return None
    return length, spoke_room(length)


def _cluster_fits_its_subnet(document: object) -> Iterator[Breach]:
    network = _network(document)
    most = _whole(document, "compute", "nodes", "max")
    if _at(document, "isolation") != "cluster" or most is None or network is None:
        return
    length, room = network
    fitting = room.aks - BESIDE_NODES
    if most > fitting:
        yield Breach(
            ("compute", "nodes", "max"),
            f"{quoted(most)} nodes do not fit into half of a /{length}",
            f"at most {fitting}, or a larger network",
        )


def _endpoints_fit_their_subnet(document: object) -> Iterator[Breach]:
    network = _network(document)
    if network is None:
        return
    length, room = network
    needed = endpoint_addresses(
        storage=_at(document, "data", "storage") in (None, True),
        database=str(_at(document, "data", "database")),
        dedicated=_at(document, "data", "vectorIndex") == "dedicated",
        services=len({service for _, service in _texts(document, "ai", "services")} & AI_SERVICES),
    )
    if needed > room.private_endpoints:
        fitting = max(
            size
            for size in range(LARGEST_NETWORK, length)
            if spoke_room(size).private_endpoints >= needed
        )
        yield Breach(
            ("network", "prefixLength"),
            f"{quoted(length)} leaves {room.private_endpoints} addresses for private endpoints,"
            f" and what is asked for takes {needed}",
            f"{LARGEST_NETWORK} to {fitting}",
        )


def _alerts_ascend(document: object) -> Iterator[Breach]:
    percents = _at(document, "budget", "alertAt")
    known = [
        (index, value)
        for index, value in enumerate(percents if isinstance(percents, list | tuple) else ())
        if isinstance(value, int) and not isinstance(value, bool)
    ]
    for (_, before), (index, value) in pairwise(known):
        if value <= before:
            message = f"{quoted(value)} does not come after {quoted(before)}"
            yield Breach(("budget", "alertAt", index), message, "ascending, each value once")


def _subscription_id_goes_with_adopt(document: object) -> Iterator[Breach]:
    mode = _at(document, "subscription", "mode")
    given = _at(document, "subscription", "id") is not None
    path = ("subscription", "id")
    if mode == "adopt" and not given:
        yield Breach(path, "is missing, and mode adopt needs it", "id of the subscription to adopt")
    if given and (mode == "vend" or (mode is None and isinstance(document, dict))):
        yield Breach(path, "has no place with mode vend", "no id, or mode adopt")


AI_SERVICES = frozenset({"documentIntelligence", "speech", "language"})

LISTS_OF_DISTINCT = (
    ("ai", "services"),
    ("egress", "profiles"),
    ("egress", "fqdns"),
    ("access", "contributors"),
    ("access", "readers"),
)

RULES: tuple[Callable[[object], Iterator[Breach]], ...] = (
    _lists_have_no_repeats,
    _deployments_are_distinct,
    _group_has_one_role,
    _nodes_scale_upwards,
    _own_nodes_are_described,
    _cluster_fits_its_subnet,
    _endpoints_fit_their_subnet,
    _alerts_ascend,
    _subscription_id_goes_with_adopt,
)
