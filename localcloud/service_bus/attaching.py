"""A link begins: which node it is for, whether the client may, and which session it gets."""

from typing import Any

from localcloud.service_bus.amqp.performatives import (
    SENDER,
    SETTLED,
    Attach,
    Detach,
    Source,
)
from localcloud.service_bus.amqp.types import Described, Long, Symbol, UInt, ULong
from localcloud.service_bus.broker import Broker, Entity
from localcloud.service_bus.clock import Cancellable
from localcloud.service_bus.errors import NOT_ALLOWED, TIMEOUT, Refusal
from localcloud.service_bus.links import Carrier
from localcloud.service_bus.outlet import Delivery, QueueOutlet
from localcloud.service_bus.sending import LARGEST_MESSAGE
from localcloud.service_bus.sessions import accept

SESSION_FILTER = Symbol("com.microsoft:session-filter")
_LOCKED_UNTIL = Symbol("com.microsoft:locked-until-utc")
_TIMEOUT = "com.microsoft:timeout"
_DEFAULT_WAIT = 60_000  # milliseconds that a receiver waits for any session, as in Azure
_LONGEST_WAIT = 24 * 3_600_000
_EPOCH_TICKS = 621_355_968_000_000_000  # .NET's ticks at the beginning of 1970
_TICKS = 10_000  # in a millisecond


def answered(frame: Attach, **changes: Any) -> Attach:
    """The answer to an attach, for the link's other end."""
    sends = frame.role is SENDER
    return Attach(
        name=frame.name,
        handle=frame.handle,
        role=not frame.role,
        snd_settle_mode=frame.snd_settle_mode,
        rcv_settle_mode=frame.rcv_settle_mode,
        source=changes.get("source", frame.source),
        target=changes.get("target", frame.target),
        initial_delivery_count=None if sends else UInt(0),
        max_message_size=ULong(LARGEST_MESSAGE),
        properties=changes.get("properties"),
    )


def session_asked(frame: Attach) -> tuple[bool, str | None]:
    """Whether the link asks for a session, and for which; None for whichever comes.

    Raises:
        Refusal: The filter is none, or another one is asked for.
    """
    filters = (frame.source and frame.source.filter) or {}
    names = {_text(name): value for name, value in filters.items()}
    if unknown := names.keys() - {SESSION_FILTER}:
        raise Refusal(NOT_ALLOWED, f"Unknown filter: {min(unknown)}.")
    if SESSION_FILTER not in names:
        return False, None
    value = names[SESSION_FILTER]
    value = value.value if isinstance(value, Described) else value
    if value is not None and not isinstance(value, str):
        raise Refusal(NOT_ALLOWED, "The session filter is no text.")
    return True, value


def _text(value: Any) -> str:
    return value.decode(errors="replace") if isinstance(value, bytes) else str(value)


def refuse_attach(carrier: Carrier, frame: Attach, refusal: Refusal) -> None:
    """Answer an attach as AMQP wants it: first without source and target, then with the reason."""
    carrier.say(answered(frame, source=None, target=None))
    carrier.say(Detach(frame.handle, closed=True, error=refusal.error()))


def queue_outlet(
    broker: Broker,
    carrier: Carrier,
    frame: Attach,
    entity: Entity,
    unsettled: dict[int, Delivery],
) -> QueueOutlet:
    """The receiver that the client asks for; it has answered or waits for a session.

    Raises:
        Refusal: Sessions are asked for where there are none, or the other way round, or the one
            that is asked for is held by another.
    """
    asks, session = session_asked(frame)
    if asks and not entity.sessions:
        raise Refusal(
            NOT_ALLOWED,
            "A sessionful message receiver cannot be created on an entity that does not require"
            " sessions. Ensure RequiresSession is set to true when creating a Queue or Subscription"
            " to enable sessionful behavior.",
        )
    if entity.sessions and not asks:
        raise Refusal(
            NOT_ALLOWED,
            "It is not possible for an entity that requires sessions to create a non-sessionful"
            " message receiver.",
        )
    deletes = frame.snd_settle_mode == SETTLED
    outlet = SessionOutlet if asks else QueueOutlet
    made = outlet(carrier, frame.name, frame.handle, broker, entity, unsettled, deletes=deletes)
    if isinstance(made, SessionOutlet):
        made.seek(frame, session)
    else:
        carrier.say(answered(frame))
        made.begin()
    return made


class SessionOutlet(QueueOutlet):
    """A receiver of one session; it is answered when it has one."""

    _frame: Attach
    _until = 0
    _patience: Cancellable | None = None

    def seek(self, frame: Attach, session: str | None) -> None:
        """Take the session, or wait for any.

        Raises:
            Refusal: Another holds the session that is asked for.
        """
        self._frame = frame
        if session is not None:
            self.found(session, accept(self._broker, self.entity, session, self.holder))
            return
        asked = (frame.properties or {}).get(_TIMEOUT)
        wait = min(int(asked), _LONGEST_WAIT) if isinstance(asked, int) else _DEFAULT_WAIT
        self.entity.waiting.append(self)
        self._broker.stir(self.entity)
        clock = self._broker.clock
        self._until = clock.now() + wait
        self._patience = clock.call_at(self._until, self._give_up)

    def found(self, session: str, until: int) -> None:
        """The session is locked; the client is told."""
        self._end_wait()
        source = self._frame.source
        self.carrier.say(
            answered(
                self._frame,
                source=Source(address=source and source.address, filter={SESSION_FILTER: session}),
                properties={_LOCKED_UNTIL: Long(until * _TICKS + _EPOCH_TICKS)},
            )
        )
        self.begin(session)

    def _give_up(self) -> None:
        clock = self._broker.clock
        if clock.now() < self._until:
            self._patience = clock.call_at(self._until, self._give_up)
            return
        self._end_wait()
        refuse_attach(
            self.carrier,
            self._frame,
            Refusal(TIMEOUT, "No session became available within the timeout.", 408),
        )
        self.carrier.forget(self.handle)

    def _end_wait(self) -> None:
        if self in self.entity.waiting:
            self.entity.waiting.remove(self)
        if self._patience:
            self._patience.cancel()
            self._patience = None

    def end(self) -> None:
        """The link is gone, perhaps before it had a session."""
        self._end_wait()
        super().end()
