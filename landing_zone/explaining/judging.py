"""Which acts are safe now, and why each is or is not."""

from typing import Final, NamedTuple

from landing_zone.errors import PermanentError
from landing_zone.explaining.acts import MOST_OPEN, Deed
from landing_zone.explaining.skipping import indispensable, missing_without
from landing_zone.explaining.standing import BEGUN, Standing
from landing_zone.progress import LiveWait
from landing_zone.work import Kind

NOT_SAFE: Final = "ActionNotSafe"
"""Code of the refusal of an act."""

_FORWARD_ONLY: Final = frozenset({Kind.OFFBOARD, Kind.CLEAN_UP})


class Choice(NamedTuple):
    """One act, judged.

    Attributes:
        deed: What.
        safe: Whether it is safe now.
        why: Why it is, or is not.
    """

    deed: Deed
    safe: bool
    why: str


def choices(standing: Standing, key: str = "") -> tuple[Choice, ...]:
    """The acts on a resource, or on the operation itself."""
    if not key:
        return (_retry_step(standing), _compensate(standing))
    return (_retry(standing, key), _skip(standing, key))


def require_safe(standing: Standing, deed: Deed, key: str = "", *, anew: bool = False) -> None:
    """Refuse what is not safe.

    Args:
        standing: How the operation stands.
        deed: What is asked for.
        key: The resource that it is about; empty for the operation itself.
        anew: Whether attempts and deadline begin anew, which asks nothing of Azure.

    Raises:
        PermanentError: It is not safe now (`ActionNotSafe`).
    """
    if key and deed is Deed.COMPENSATE:
        raise _refusal("a single resource is not taken back, name none to take back the operation")
    if not key and deed is Deed.SKIP:
        raise _refusal("an operation is not skipped, name one of its resources")
    if len(standing.acts.unheard) >= MOST_OPEN:
        raise _refusal(f"{MOST_OPEN} acts wait to be heard: see whether they change anything")
    found = next(one for one in choices(standing, key) if one.deed is deed)
    waits = standing.waits.get(key) if key else None
    if deed is Deed.RETRY and anew and waits is not None and not standing.is_stopping:
        return
    if not found.safe:
        raise _refusal(found.why)


def _refusal(why: str) -> PermanentError:
    hint = "the operation shows which actions are safe, and why"
    return PermanentError(NOT_SAFE, why, hint)


def _no(deed: Deed, why: str) -> Choice:
    return Choice(deed, safe=False, why=why)


def _compensate(standing: Standing) -> Choice:
    why_not = _cannot_return(standing)
    if why_not:
        return _no(Deed.COMPENSATE, why_not)
    if standing.kind is Kind.ONBOARD:
        why = "the tenant is not in use yet: all that was made for it is taken back"
    else:
        why = "what was begun is led back: the tenant is then as it was before"
    return Choice(Deed.COMPENSATE, safe=True, why=why)


def _cannot_return(standing: Standing) -> str:
    status = standing.status
    if not standing.alive or status is None or standing.state not in BEGUN:
        return "the operation has not begun: it will within a minute"
    only_on = standing.kind in _FORWARD_ONLY or status.way == "one-way"
    reasons = {
        "it was asked for already: what is under way is being stopped": standing.acts.stopped,
        "this operation only goes on: there is no way back from what it has done": only_on,
        "what was made is being taken back already": standing.is_on_the_way_back,
        "the operation is about to end": status.phase == "end",
        f"it waits for {status.until}, and does nothing until then": status.until is not None,
    }
    return next((why for why, holds in reasons.items() if holds), "")


def _retry_step(standing: Standing) -> Choice:
    wait = standing.status.wait if standing.status is not None else None
    if wait is None:
        return _no(Deed.RETRY, "the operation itself waits for nothing: see its resources")
    if _is_asked(standing, wait):
        return _no(Deed.RETRY, _asked(wait))
    return Choice(
        Deed.RETRY, safe=True, why="each call may be made again: it changes nothing twice"
    )


def _is_asked(standing: Standing, wait: LiveWait) -> bool:
    return wait.asked and standing.seconds_until(wait.until) > 0


def _asked(wait: LiveWait) -> str:
    return f"Azure has asked to be left alone until {wait.until}: calling before prolongs that"


def _retry(standing: Standing, key: str) -> Choice:
    if standing.is_stopping:
        return _no(Deed.RETRY, "the operation goes on no further")
    wait = standing.waits.get(key)
    if wait is None:
        return _retry_ended(standing, key)
    if _is_asked(standing, wait):
        return _no(Deed.RETRY, _asked(wait))
    if not wait.code:
        why = "the resource itself is looked at; while Azure works on it nothing is written"
    else:
        why = "what is there is read first, and only what differs is written"
    return Choice(Deed.RETRY, safe=True, why=why)


def _retry_ended(standing: Standing, key: str) -> Choice:
    status = standing.status
    marked = {} if status is None else status.undone if key in status.undone else status.applied
    mark = marked.get(key)
    if mark is None or status is None:
        return _no(Deed.RETRY, "it waits for others, or is being called right now")
    if mark[0] == "d":
        return _no(Deed.RETRY, "it has ended, and well")
    if status.phase != "apply" or status.way == "back" or key in status.undone:
        return _no(Deed.RETRY, "it has ended, and what was made is being taken back")
    if mark[0] == "g":
        return _no(Deed.RETRY, "it was given up: an update of the tenant makes it")
    why = "nothing has been taken back: it is begun again once those under way have ended"
    return Choice(Deed.RETRY, safe=True, why=why)


def _skip(standing: Standing, key: str) -> Choice:
    plan, resource = standing.plan, standing.resource(key)
    if standing.is_stopping:
        return _no(Deed.SKIP, "the operation goes on no further")
    if plan is None or resource is None or key not in standing.waits:
        return _no(Deed.SKIP, "it is not waiting for anything of its own")
    if standing.phase == "undo":
        why = "it is left as it is, and listed as open work with what it stands in"
        return Choice(Deed.SKIP, safe=True, why=why)
    why_not = indispensable(plan, resource)
    if why_not:
        return _no(Deed.SKIP, why_not)
    why = f"nothing needs it; until it is made, {missing_without(resource)}"
    return Choice(Deed.SKIP, safe=True, why=why)
