"""The performatives of the transport and of SASL, and what stands in their fields."""

from dataclasses import dataclass
from typing import Any, ClassVar

from localcloud.service_bus.amqp.composites import Composite, composite, number
from localcloud.service_bus.amqp.decoding import DecodeError, decode
from localcloud.service_bus.amqp.types import Described, Symbol, UByte, UInt, ULong, UShort

SENDER, RECEIVER = False, True
UNSETTLED, SETTLED, MIXED = UByte(0), UByte(1), UByte(2)
FIRST, SECOND = UByte(0), UByte(1)
_MOST, _MOST_CHANNELS = UInt(2**32 - 1), UShort(2**16 - 1)


@dataclass(frozen=True, slots=True)
class Error(Composite):
    """Why an endpoint ended or a message was refused. The SDK reads all three fields."""

    CODE: ClassVar[int] = 0x1D
    WHOLE: ClassVar[bool] = True
    condition: Symbol
    description: str | None = None
    info: dict[Any, Any] | None = None


@dataclass(frozen=True, slots=True)
class Source(Composite):
    """Where the messages of a link come from."""

    CODE: ClassVar[int] = 0x28
    address: Any = None
    durable: UInt | None = None
    expiry_policy: Symbol | None = None
    timeout: UInt | None = None
    dynamic: bool | None = None
    dynamic_node_properties: dict[Any, Any] | None = None
    distribution_mode: Symbol | None = None
    filter: dict[Any, Any] | None = None
    default_outcome: Any = None
    outcomes: Any = None
    capabilities: Any = None


@dataclass(frozen=True, slots=True)
class Target(Composite):
    """Where the messages of a link go to."""

    CODE: ClassVar[int] = 0x29
    address: Any = None
    durable: UInt | None = None
    expiry_policy: Symbol | None = None
    timeout: UInt | None = None
    dynamic: bool | None = None
    dynamic_node_properties: dict[Any, Any] | None = None
    capabilities: Any = None


@dataclass(frozen=True, slots=True)
class Received(Composite):
    """A delivery state that is no outcome: how far a message was received."""

    CODE: ClassVar[int] = 0x23
    section_number: UInt
    section_offset: ULong


@dataclass(frozen=True, slots=True)
class Accepted(Composite):
    """Processed."""

    CODE: ClassVar[int] = 0x24


@dataclass(frozen=True, slots=True)
class Rejected(Composite):
    """Invalid and not processed."""

    CODE: ClassVar[int] = 0x25
    error: Error | None = None


@dataclass(frozen=True, slots=True)
class Released(Composite):
    """Not processed and to be delivered again, as it was."""

    CODE: ClassVar[int] = 0x26


@dataclass(frozen=True, slots=True)
class Modified(Composite):
    """Not processed and changed."""

    CODE: ClassVar[int] = 0x27
    delivery_failed: bool | None = None
    undeliverable_here: bool | None = None
    message_annotations: dict[Any, Any] | None = None


@dataclass(frozen=True, slots=True)
class Open(Composite):
    """The beginning of a connection."""

    CODE: ClassVar[int] = 0x10
    container_id: str
    hostname: str | None = None
    max_frame_size: UInt = _MOST
    channel_max: UShort = _MOST_CHANNELS
    idle_time_out: UInt | None = None
    outgoing_locales: Any = None
    incoming_locales: Any = None
    offered_capabilities: Any = None
    desired_capabilities: Any = None
    properties: dict[Any, Any] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Begin(Composite):
    """The beginning of a session."""

    CODE: ClassVar[int] = 0x11
    remote_channel: UShort | None = None
    next_outgoing_id: UInt
    incoming_window: UInt
    outgoing_window: UInt
    handle_max: UInt = _MOST
    offered_capabilities: Any = None
    desired_capabilities: Any = None
    properties: dict[Any, Any] | None = None


@dataclass(frozen=True, slots=True)
class Attach(Composite):
    """The beginning of a link."""

    CODE: ClassVar[int] = 0x12
    name: str
    handle: UInt
    role: bool
    snd_settle_mode: UByte = MIXED
    rcv_settle_mode: UByte = FIRST
    source: Source | None = None
    target: Target | None = None
    unsettled: dict[Any, Any] | None = None
    incomplete_unsettled: bool | None = None
    initial_delivery_count: UInt | None = None
    max_message_size: ULong | None = None
    offered_capabilities: Any = None
    desired_capabilities: Any = None
    properties: dict[Any, Any] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Flow(Composite):
    """The state of a session's windows, and of a link's credit where it names a handle."""

    CODE: ClassVar[int] = 0x13
    next_incoming_id: UInt | None = None
    incoming_window: UInt
    next_outgoing_id: UInt
    outgoing_window: UInt
    handle: UInt | None = None
    delivery_count: UInt | None = None
    link_credit: UInt | None = None
    available: UInt | None = None
    drain: bool = False
    echo: bool = False
    properties: dict[Any, Any] | None = None


@dataclass(frozen=True, slots=True)
class Transfer(Composite):
    """A message or a part of one; its bytes follow."""

    CODE: ClassVar[int] = 0x14
    handle: UInt
    delivery_id: UInt | None = None
    delivery_tag: bytes | None = None
    message_format: UInt | None = None
    settled: bool | None = None
    more: bool = False
    rcv_settle_mode: UByte | None = None
    state: Any = None
    resume: bool = False
    aborted: bool = False
    batchable: bool = False


@dataclass(frozen=True, slots=True)
class Disposition(Composite):
    """What became of deliveries."""

    CODE: ClassVar[int] = 0x15
    role: bool
    first: UInt
    last: UInt | None = None
    settled: bool = False
    state: Any = None
    batchable: bool = False


@dataclass(frozen=True, slots=True)
class Detach(Composite):
    """The end of a link."""

    CODE: ClassVar[int] = 0x16
    handle: UInt
    closed: bool = False
    error: Error | None = None


@dataclass(frozen=True, slots=True)
class End(Composite):
    """The end of a session."""

    CODE: ClassVar[int] = 0x17
    error: Error | None = None


@dataclass(frozen=True, slots=True)
class Close(Composite):
    """The end of a connection."""

    CODE: ClassVar[int] = 0x18
    error: Error | None = None


@dataclass(frozen=True, slots=True)
class SaslMechanisms(Composite):
    """The mechanisms that the server knows: always an array."""

    CODE: ClassVar[int] = 0x40
    mechanisms: Any


@dataclass(frozen=True, slots=True)
class SaslInit(Composite):
    """The mechanism that the client has chosen."""

    CODE: ClassVar[int] = 0x41
    mechanism: Symbol
    initial_response: bytes | None = None
    hostname: str | None = None


@dataclass(frozen=True, slots=True)
class SaslOutcome(Composite):
    """How it went; 0 is well, 1 that the credentials are refused."""

    CODE: ClassVar[int] = 0x44
    code: UByte
    additional_data: bytes | None = None


Performative = (
    Open | Begin | Attach | Flow | Transfer | Disposition | Detach | End | Close
    | SaslMechanisms | SaslInit | SaslOutcome
)  # fmt: skip
Outcome = Accepted | Rejected | Released | Modified
_PERFORMATIVES: dict[int, type[Any]] = {
    kind.CODE: kind
    for kind in (
        *(Open, Begin, Attach, Flow, Transfer, Disposition, Detach, End, Close),
        *(SaslMechanisms, SaslInit, SaslOutcome),
    )
}
_STATES: dict[int, type[Any]] = {
    kind.CODE: kind for kind in (Received, Accepted, Rejected, Released, Modified)
}


def performative(body: bytes) -> tuple[Performative, bytes]:
    """The performative of a frame's body, and the payload behind it.

    Raises:
        DecodeError: There is none, or an unknown one, or it is malformed.
    """
    value, end = decode(body)
    if not isinstance(value, Described):
        raise DecodeError("a frame does not begin with a performative")
    kind = _PERFORMATIVES.get(number(value))
    if kind is None:
        raise DecodeError(f"unknown performative 0x{number(value):02x}")
    made: Performative = composite(kind, value)
    return made, body[end:]


def delivery_state(value: Any) -> Received | Outcome | None:
    """The state of a delivery, as a transfer or a disposition carries it.

    Raises:
        DecodeError: It is none of AMQP's own; transactions are not known.
    """
    if value is None:
        return None
    kind = _STATES.get(number(value)) if isinstance(value, Described) else None
    if kind is None:
        raise DecodeError("an unknown delivery state")
    state: Received | Outcome = composite(kind, value)
    return state
