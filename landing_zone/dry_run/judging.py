"""What would happen to a resource, given what was read of it."""

from collections.abc import Iterator
from typing import Final

from landing_zone.applying import is_settling, shortfalls
from landing_zone.arm_ids import normalized
from landing_zone.differences import Difference, differences
from landing_zone.dry_run.model import (
    Action,
    Finding,
    Held,
    Known,
    Nothing,
    Secret,
    Shared,
    There,
    Unseen,
)
from landing_zone.errors import PermanentError
from landing_zone.hub import Hub
from landing_zone.hub_state.limits import HubSettings
from landing_zone.hub_state.members import Lane, Member
from landing_zone.hub_state.render import own_id
from landing_zone.hub_state.settled import Actual, is_held
from landing_zone.hub_state.shares import firewall_share, network_shortfalls
from landing_zone.hub_state.wishes import member_of
from landing_zone.plan import Plan, Resource, Write
from landing_zone.references import referenced_keys

SECRET_VALUE: Final = "value"  # noqa: S105 - the name of a property
"""What changes of a secret: that it does is told, and nothing of what it holds."""

_KEPT_NOTE: Final = "a deleted one is kept by Azure, and brought back"
_SHARED_NOTE: Final = "what it shares with others in the hub would be put right"


class Judge:
    """Judges the resources of a plan, one by one."""

    def __init__(self, tenant_id: str, hub: Hub, settings: HubSettings) -> None:
        """Judge for a tenant and its hub."""
        self._tenant_id = tenant_id
        self._hub = hub
        self._settings = settings

    def lane(self, resource: Resource) -> Lane:
        """The lane of the hub that a planned part of it belongs to."""
        return self._member(resource).lane

    def judged(
        self, resource: Resource, held: Held, known: Known, before: Resource | None
    ) -> Finding:
        """What applying the plan would do to one of its resources.

        Args:
            resource: The resource, its references resolved as far as they are known.
            held: What was read of it.
            known: What is known of those that it refers to.
            before: The same as it was last applied, where that is known.
        """
        match held:
            case Unseen():
                return _unjudged(resource, held)
            case Nothing():
                return _missing(resource, held)
            case Secret():
                hidden = (Difference(SECRET_VALUE, None, None),)
                return _changed(resource, () if held.works else hidden)
            case Shared():
                return _certain(self._of_the_hub(resource, held.actual, before), known)
            case There():
                return _certain(_compared(resource, held, before), known)

    def removed(self, resource: Resource, held: Held) -> Finding | None:
        """What would happen to what the plan does not want any more; None where it is gone.

        Args:
            resource: A resource of the plan that was last applied.
            held: What was read of it.
        """
        match held:
            case Unseen():
                return _unjudged(resource, held)
            case Nothing():
                return None
            case There() if is_settling(held.body):
                return _under_way(resource)
            case Shared():
                if normalized(own_id(self._hub, self._member(resource))) not in held.actual:
                    return None
        return Finding(resource, Action.DELETE)

    def _of_the_hub(self, resource: Resource, actual: Actual, before: Resource | None) -> Finding:
        member = self._member(resource)
        if member.lane == "firewall":
            former = self._member(before) if before is not None else None
            share = firewall_share(self._hub, member, former, actual, self._settings)
            if share is None and before is not None and former is not None and not _asks(former):
                share = before.body
            if share is None:
                return Finding(resource, Action.CREATE if _asks(member) else Action.UNCHANGED)
            found = tuple(differences(resource.body, share))
        else:
            body = actual.get(normalized(own_id(self._hub, member)))
            if body is None:
                return Finding(resource, Action.CREATE)
            try:
                found = tuple(network_shortfalls(self._hub, member, body))
            except PermanentError as error:
                return _unjudged(resource, Unseen(error.code, error.message))
        if not found and not is_held(self._hub, member, actual, self._settings):
            return Finding(resource, Action.UPDATE, note=_SHARED_NOTE)
        return _changed(resource, found)

    def _member(self, resource: Resource) -> Member:
        return member_of(self._hub.name, self._tenant_id, resource.body)


def _asks(member: Member) -> bool:
    """Whether a member of the firewall wants anything of it."""
    return bool(member.profiles or member.fqdns)


def _missing(resource: Resource, held: Nothing) -> Finding:
    if resource.is_read:
        told = "the hub document names it, and it is not there"
        return _unjudged(resource, Unseen("NotInHub", told))
    return Finding(resource, Action.CREATE, note=_KEPT_NOTE if held.kept else "")


def _compared(resource: Resource, held: There, before: Resource | None) -> Finding:
    if resource.is_read:
        return Finding(resource, Action.UNCHANGED)
    if is_settling(held.body):
        return _under_way(resource)
    return _changed(resource, tuple(_shortfalls(resource, held, before)))


def _certain(finding: Finding, known: Known) -> Finding:
    """The finding, unless it differs in what something yields that could not be judged itself.

    What does not exist yet is known to be another than what is there.
    """
    doubtful = frozenset(
        key
        for difference in finding.differences
        for key in referenced_keys(difference.wanted)
        if known.actions.get(key) is not Action.CREATE
    )
    if not doubtful:
        return finding
    told = f"what it is to hold depends on {', '.join(sorted(doubtful))}"
    return _unjudged(finding.resource, Unseen("DependsOnUnjudged", told))


def _shortfalls(resource: Resource, held: There, before: Resource | None) -> Iterator[Difference]:
    if resource.write is Write.INDEX:
        yield from differences(resource.body, held.body)
    else:
        yield from shortfalls(resource, held.body, before)


def _changed(resource: Resource, found: tuple[Difference, ...]) -> Finding:
    return Finding(resource, Action.UPDATE if found else Action.UNCHANGED, found)


def _under_way(resource: Resource) -> Finding:
    return _unjudged(resource, Unseen("InProgress", "Azure is still working on it"))


def _unjudged(resource: Resource, trouble: Unseen) -> Finding:
    return Finding(resource, Action.UNJUDGED, code=trouble.code, message=trouble.message)


def same_before(former: Plan, resource: Resource) -> Resource | None:
    """The resource of that id as an earlier plan had it."""
    wanted = normalized(resource.id)
    return next((item for item in former.resources if normalized(item.id) == wanted), None)
