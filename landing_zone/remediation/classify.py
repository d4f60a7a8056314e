"""What an event means: a resource to be looked at, or nothing."""

from typing import Final

from landing_zone.arm_ids import normalized
from landing_zone.contracts import Contract
from landing_zone.hub_state.members import Lane
from landing_zone.remediation.events import ResourceEvent
from landing_zone.remediation.kinds import KINDS, Target, target_of
from landing_zone.remediation.owners import Estate, Owner

# Whatever stands in a hub's own network is written by the lane of that name.
_OF_THE_HUBS_NETWORK: Final = frozenset(
    {"microsoft.network/networksecuritygroups", "microsoft.network/routetables"}
)


class Ignored(Contract):
    """Nothing is to be done about an event.

    Attributes:
        reason: Why, for a person.
    """

    reason: str


class Affected(Contract):
    """A resource that is to be looked at.

    Attributes:
        resource_id: Its normalized id.
        resource_type: Its type in lower case.
        owner: Whose it is.
        about: Normalized id of what the event told of, where that is a child of the resource, or
            stands on it; empty otherwise. Some rules look closer at just that.
        lane: The lane of the owner's hub whose reconciler is asked to run; None where none is.
    """

    resource_id: str
    resource_type: str
    owner: Owner
    about: str = ""
    lane: Lane | None = None

    @property
    def refresh_hub(self) -> bool:
        """Whether the hub's reconciler is asked to run."""
        return self.lane is not None


def classify(event: ResourceEvent, estate: Estate) -> Ignored | Affected:
    """Decide what an event asks for; total, and without regard to casing."""
    if reason := dismissed(event, estate):
        return Ignored(reason=reason)
    owner = estate.owner_of(event.subject)
    if owner is None:
        return Ignored(reason="the subscription is of no hub and of no settled tenant")
    target = target_of(event.subject)
    if target is None:
        return Ignored(reason="the type of the resource is not governed")
    subject = normalized(event.subject)
    return Affected(
        resource_id=target.id,
        resource_type=target.type,
        owner=owner,
        about="" if subject == target.id else subject,
        lane=lane_of(target, owner),
    )


def dismissed(event: ResourceEvent, estate: Estate) -> str:
    """Why an event is dismissed whatever it is about; empty where it is not."""
    if not event.event_type.endswith("Success"):
        return "what was tried did not succeed"
    if "ResourceAction" in event.event_type:
        # Keys listed, a network joined: what an action leaves behind is not judged by any rule.
        return "an action changes nothing that is judged"
    if event.caller and event.caller in estate.own_principals:
        return "it is our own write"
    return ""


def lane_of(target: Target, owner: Owner) -> Lane | None:
    """The lane of the owner's hub that depends on a resource; None where none does."""
    if owner.kind == "hub" and target.type in _OF_THE_HUBS_NETWORK:
        return "network"
    return KINDS[target.type].lane
