"""What an address names: a queue, its dead-letter queue, its management node, or `$cbs`."""

from dataclasses import dataclass
from enum import Enum
from typing import Any

from localcloud.service_bus.broker import Broker, Entity
from localcloud.service_bus.errors import entity_not_found
from localcloud.service_bus.tokens import path_of

CBS = "$cbs"
_MANAGEMENT = "/$management"


class Kind(Enum):
    """What can be attached to."""

    CBS = "cbs"
    MANAGEMENT = "management"
    MESSAGES = "messages"


@dataclass(frozen=True, slots=True)
class Node:
    """One end of a link in the broker.

    Attributes:
        kind: What it is.
        path: Its path, in lower case.
        entity: The queue behind it, None for `$cbs`.
    """

    kind: Kind
    path: str
    entity: Entity | None = None


def resolve(broker: Broker, address: Any) -> Node:
    """The node at an address, whatever its case and with or without scheme and host.

    Raises:
        Refusal: There is none.
    """
    text = address if isinstance(address, str) else ""
    path = path_of(text)
    if path == CBS:
        return Node(Kind.CBS, path)
    kind = Kind.MANAGEMENT if path.endswith(_MANAGEMENT) else Kind.MESSAGES
    entity = broker.entities.get(path.removesuffix(_MANAGEMENT))
    if entity is None:
        raise entity_not_found(text)
    return Node(kind, path, entity)
