"""A rollout as it is asked for: everything that is wrong with it is told at once."""

from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError
from pydantic.alias_generators import to_camel

from landing_zone.fleet.model import (
    MOST_AT_ONCE,
    MOST_BAKE_MINUTES,
    MOST_NAMED,
    MOST_RINGS,
    Ring,
    Rollout,
    Tally,
    Threshold,
)
from landing_zone.fleet.rings import DEFAULT_RINGS
from landing_zone.request_parsing.faults import Fault, InvalidRequest
from landing_zone.request_parsing.json_text import read_json
from landing_zone.request_parsing.reading import decoded
from landing_zone.request_parsing.shape import path_text

WHOLE: Final = 100

type TenantId = Annotated[str, StringConstraints(pattern="^[a-z0-9-]{1,63}$")]
type Key = Annotated[str, StringConstraints(min_length=1, max_length=200)]
type Reason = Annotated[str, StringConstraints(max_length=500, strip_whitespace=True)]


class _Wanted(BaseModel):
    model_config = ConfigDict(
        frozen=True, extra="forbid", strict=True, alias_generator=to_camel, populate_by_name=True
    )


class WantedRing(_Wanted):
    """A ring as it is asked for; see `Ring`."""

    name: Annotated[str, StringConstraints(pattern="^[a-z0-9-]{1,30}$")]
    tenants: Annotated[list[TenantId], Field(max_length=MOST_NAMED)] = []
    environments: list[Literal["dev", "test", "prod"]] = []
    percent: Annotated[int | None, Field(ge=1, le=WHOLE)] = None
    bake_minutes: Annotated[int, Field(ge=0, le=MOST_BAKE_MINUTES)] = 0

    def ring(self) -> Ring:
        """The ring."""
        return Ring(
            name=self.name,
            tenants=tuple(self.tenants),
            environments=tuple(self.environments),
            percent=self.percent,
            bake_minutes=self.bake_minutes,
        )


class WantedThreshold(_Wanted):
    """What is put up with; see `Threshold`."""

    failures: Annotated[int, Field(ge=0, le=10**6)] = Threshold().failures
    percent: Annotated[int, Field(ge=0, le=WHOLE)] = Threshold().percent


class WantedRollout(_Wanted):
    """What is asked for.

    Attributes:
        rules_version: The version of the rules; that of this release where it is left out.
        rings: Its rings; the default ones where there are none.
        at_once: Tenants at the same time, at most.
        halt: When it is halted.
        allow_data_loss: Keys of planned resources whose data may be lost.
        reason: Why, in the words of who asks.
    """

    rules_version: int | None = None
    rings: Annotated[list[WantedRing], Field(min_length=1, max_length=MOST_RINGS)] | None = None
    at_once: Annotated[int, Field(ge=1, le=MOST_AT_ONCE)] = 10
    halt: WantedThreshold = WantedThreshold()
    allow_data_loss: Annotated[list[Key], Field(max_length=MOST_NAMED)] = []
    reason: Reason = ""

    @property
    def chosen_rings(self) -> tuple[Ring, ...]:
        """Its rings."""
        return tuple(one.ring() for one in self.rings) if self.rings else DEFAULT_RINGS


class WantedReturn(_Wanted):
    """How a rollout is to be called back: what may be lost of what it made."""

    allow_data_loss: Annotated[list[Key], Field(max_length=MOST_NAMED)] = []


def parse_rollout(body: bytes, version: int) -> WantedRollout:
    """Read what is asked for; nothing at all asks for the default.

    Args:
        body: A JSON object, or nothing.
        version: The version of the rules of this release: no other can be rolled out.

    Raises:
        InvalidRequest: It cannot be done; lists everything that is wrong.
    """
    wanted = _parsed(WantedRollout, body)
    faults = [*_ring_faults(wanted.chosen_rings)]
    if wanted.rules_version not in {None, version}:
        faults.append(Fault("rulesVersion", "is not that of this release", str(version)))
    if faults:
        raise InvalidRequest(faults)
    return wanted


def parse_return(body: bytes) -> WantedReturn:
    """Read how a rollout is to be called back.

    Raises:
        InvalidRequest: It is not understood.
    """
    return _parsed(WantedReturn, body)


def _parsed[M: BaseModel](model: type[M], body: bytes) -> M:
    reading = read_json(decoded(body) or "{}")
    faults = list(reading.faults)
    try:
        made = model.model_validate(reading.document)
    except ValidationError as error:
        raise InvalidRequest([*faults, *map(_fault, error.errors())]) from None
    if faults:
        raise InvalidRequest(faults)
    return made


def _fault(error: Any) -> Fault:
    message = str(error["msg"]).lower()
    return Fault(path_text(tuple(error["loc"])), f"is not right: {message}")


def _ring_faults(rings: tuple[Ring, ...]) -> Iterator[Fault]:
    for name in _repeated(ring.name for ring in rings):
        yield Fault("rings", f"has two rings of the name {name}", "another name for each")
    for name in _repeated(tenant for ring in rings for tenant in ring.tenants):
        yield Fault("rings", f"names the tenant {name} twice", "each tenant once")
    for name in _repeated(one for ring in rings for one in ring.environments):
        yield Fault("rings", f"names the environment {name} twice", "each environment once")
    named = sum(len(ring.tenants) for ring in rings)
    if named > MOST_NAMED:
        yield Fault("rings", f"names {named} tenants", f"at most {MOST_NAMED}")
    if sum(ring.percent or 0 for ring in rings) > WHOLE:
        yield Fault("rings", "takes more than the whole fleet", "100 percent together, at most")
    for place, ring in enumerate(rings[:-1]):
        if not (ring.tenants or ring.environments or ring.percent):
            allowed = "tenants, environments or percent"
            yield Fault(f"rings[{place}]", "takes nobody", allowed)
    if rings[-1].percent is not None:
        allowed = "none: the last ring takes all that are left"
        yield Fault(f"rings[{len(rings) - 1}].percent", "is given", allowed)


def _repeated(names: Iterable[str]) -> list[str]:
    return sorted(name for name, count in Counter(names).items() if count > 1)


def rollout_of(
    wanted: WantedRollout, version: int, actor: str, now: datetime, former: Rollout | None
) -> Rollout:
    """The rollout that is asked for, with nothing done yet."""
    number = former.number + 1 if former else 1
    rings = wanted.chosen_rings
    return Rollout(
        id=f"v{version}-{number}",
        number=number,
        target=version,
        rings=rings,
        at_once=wanted.at_once,
        threshold=Threshold(failures=wanted.halt.failures, percent=wanted.halt.percent),
        allow_data_loss=tuple(wanted.allow_data_loss),
        actor=actor,
        reason=wanted.reason,
        created_at=now,
        updated_at=now,
        tallies=(Tally(),) * len(rings),
    )
