"""What a client sends goes to a queue, or is a request that is answered on another link."""

from collections.abc import Callable
from typing import Protocol

from localcloud.service_bus.amqp.decoding import DecodeError
from localcloud.service_bus.amqp.message import Message, parse, reply
from localcloud.service_bus.amqp.performatives import Attach
from localcloud.service_bus.broker import Broker
from localcloud.service_bus.cbs import put_token
from localcloud.service_bus.errors import DECODE, NOT_ALLOWED, NOT_FOUND, Refusal
from localcloud.service_bus.links import Outlet, ReplyOutlet
from localcloud.service_bus.management import Caller, manage
from localcloud.service_bus.nodes import Kind, Node
from localcloud.service_bus.outlet import QueueOutlet
from localcloud.service_bus.sending import messages_of, send

Take = Callable[[bytes, int | None], None]


class Peer(Protocol):
    """The connection of a request."""

    @property
    def broker(self) -> Broker:
        """The namespace."""
        ...

    def present(self, token: str, path: str) -> None:
        """The client shows a token."""
        ...


class Session(Protocol):
    """The session of a request."""

    @property
    def peer(self) -> Peer:
        """Its connection."""
        ...

    def outlets(self) -> list[Outlet]:
        """The links on which the client receives."""
        ...


def take_message(broker: Broker, node: Node) -> Take:
    """Sends to a queue.

    Raises:
        Refusal: There is none.
    """
    entity = node.entity
    if entity is None:
        raise Refusal(NOT_FOUND, "no queue")

    def take(payload: bytes, message_format: int | None) -> None:
        send(broker, entity, messages_of(payload, message_format))

    return take


def take_request(session: Session, node: Node, frame: Attach) -> Take:
    """Answers requests of a node."""
    own = str(frame.target.address) if frame.target else ""

    def take(payload: bytes, _: int | None) -> None:
        try:
            request = parse(payload)
            answer = _answer(session, node, request)
        except DecodeError as error:
            raise Refusal(DECODE, f"The request cannot be read: {error}.") from error
        outlet = _outlet(session, request, own)
        outlet.answer(answer)

    return take


def _outlet(session: Session, request: Message, own: str) -> ReplyOutlet:
    """Where the answer goes: to what the request names, or to the node's own."""
    outlets = [one for one in session.outlets() if isinstance(one, ReplyOutlet)]
    wanted = request.field("reply_to")
    for target in (wanted, own):
        for outlet in reversed(outlets):
            if outlet.target == target:
                return outlet
    raise Refusal(NOT_ALLOWED, "No link of the session takes the answer.")


def _answer(session: Session, node: Node, request: Message) -> bytes:
    entity = node.entity
    if node.kind is Kind.CBS or entity is None:
        properties = put_token(session.peer, request)
        return reply(request.field("message_id"), properties, None)
    sessions = {
        one.session: one.holder
        for one in session.outlets()
        if isinstance(one, QueueOutlet) and one.entity is entity and one.session is not None
    }
    properties, value = manage(Caller(session.peer.broker, entity, sessions), request)
    return reply(request.field("message_id"), properties, value)
