"""Which tenants hang on a hub, what each wants of it, and whether it has it."""

from ipaddress import IPv4Network
from typing import Final, Literal, get_args

from pydantic import AwareDatetime, BaseModel, ConfigDict

type Lane = Literal["firewall", "network", "dns"]

LANES: Final[tuple[Lane, ...]] = get_args(Lane.__value__)
"""What of a hub is written apart from the rest: Azure lets one writer at a time at each."""


# No tenant's id has a dot in it.
_NODES: Final = ".nodes"


class Member(BaseModel):
    """What one tenant wants of one lane of its hub.

    Attributes:
        hub: Name of the hub.
        lane: Which of its shared parts.
        tenant_id: Who wants it.
        sources: Where its traffic comes from: its spoke, and the subnet of its node pool; in the
            lane `firewall`.
        profiles: Egress profiles; in the lane `firewall`.
        fqdns: Names of its own that it may reach; in the lane `firewall`.
        network_id: ARM id of the spoke's network that wants to be peered; in the lane `network`.
        node_subnet: Range of the subnet of its node pool; in the lane `network`, by itself.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    hub: str
    lane: Lane
    tenant_id: str
    sources: tuple[IPv4Network, ...] = ()
    profiles: tuple[str, ...] = ()
    fqdns: tuple[str, ...] = ()
    network_id: str = ""
    node_subnet: IPv4Network | None = None

    @property
    def name(self) -> str:
        """What it is called within its lane, where a tenant may want two things, each by itself."""
        return self.tenant_id if self.node_subnet is None else f"{self.tenant_id}{_NODES}"


class HubRow(BaseModel):
    """A member as the registry of the hub keeps it.

    Attributes:
        member: What it wants.
        present: Whether it wants to be there; otherwise it wants to be gone.
        state: Waiting, applied, or failed with the reason below.
        since: When it last asked.
        code: What kind of trouble, when there was any.
        message: The trouble, for a person.
        hint: What a person can do about it.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    member: Member
    present: bool = True
    state: Literal["waiting", "applied", "failed"] = "waiting"
    since: AwareDatetime
    code: str = ""
    message: str = ""
    hint: str = ""

    @property
    def is_leaving(self) -> bool:
        """Whether it wants nothing of the hub any more: it is to be gone, or to be let out nowhere.

        Then whatever is there of it may be removed, though it be the last of the hub.
        """
        member = self.member
        closed = member.lane == "firewall" and not (member.profiles or member.fqdns)
        return not self.present or closed

    @property
    def is_rendered(self) -> bool:
        """Whether the hub's desired state holds it: what failed must not fail everyone else."""
        return self.present and self.state != "failed"

    def asked(self, *, present: bool, member: Member, at: AwareDatetime) -> "HubRow":
        """The row once that is asked for; the same row when nothing is new."""
        same = self.present == present and self.member == member
        if same and self.state != "failed":
            return self
        return HubRow(member=member, present=present, since=at)

    def failed(self, code: str, message: str, hint: str) -> "HubRow":
        """The row once it is known that it cannot be had."""
        changes = {"state": "failed", "code": code, "message": message, "hint": hint}
        return self.model_copy(update=changes)


def tenant_of(name: str) -> str:
    """The tenant whose member is called so."""
    return name.removesuffix(_NODES)


def chain_of(hub: str, lane: Lane) -> str:
    """The audit chain of a lane of a hub; no tenant's id has a colon in it."""
    return f"hub:{hub}:{lane}"


def instance_of(hub: str, lane: Lane) -> str:
    """Instance id of the orchestration that alone writes that lane of a hub."""
    return f"hub-{hub}-{lane}"
