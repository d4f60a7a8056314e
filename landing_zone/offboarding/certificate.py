"""The certificate that nothing is left of a tenant."""

from functools import cached_property
from typing import Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict

from landing_zone.audit import canonical_json, digest


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Checked(_Frozen):
    """One thing that was looked through.

    Attributes:
        what: Where it was looked, for a person.
        looked_at: How many things that were.
    """

    what: str
    looked_at: int


class Parked(_Frozen):
    """Something that Azure itself keeps for a while, and that nobody can make it let go of.

    Attributes:
        name: Its name, which is taken as long.
        type: ARM type of what it was.
        id: Where it is found, where it can be.
        until: When Azure lets go of it at the latest.
        reason: Why it cannot be had sooner.
    """

    name: str
    type: str
    id: str = ""
    until: AwareDatetime
    reason: str


class Returned(_Frozen):
    """What became of the subscription.

    Attributes:
        id: Its id; empty where there never was one.
        mode: Whether we had made it, or it was adopted.
        outcome: Cancelled, or given back as it was.
    """

    id: str
    mode: Literal["vend", "adopt"]
    outcome: Literal["cancelled", "returned", "none"]


class Certificate(_Frozen):
    """What was found when it was looked in Azure whether anything of a tenant is left: nothing.

    Attributes:
        tenant_id: The tenant.
        operation_id: The offboarding.
        hubs: The hubs that were looked through.
        issued_at: When it was looked.
        asked_by: Who asked for the offboarding.
        reason: Why, in the words of who asked.
        exported: Where the data was exported to, as who asked stated; nobody has checked it.
        retained_until: Until when the data was kept, where it was.
        subscription: What became of the subscription.
        plans: Hashes of the plans that were looked for.
        checked: Where it was looked.
        parked: What Azure keeps for a while.
        residue: How much was found: a certificate is made for none alone.
        inputs: Hash of the ids of all that was looked for.
    """

    tenant_id: str
    operation_id: str
    hubs: tuple[str, ...]
    issued_at: AwareDatetime
    asked_by: str
    reason: str = ""
    exported: str = ""
    retained_until: AwareDatetime | None = None
    subscription: Returned
    plans: tuple[str, ...]
    checked: tuple[Checked, ...]
    parked: tuple[Parked, ...] = ()
    residue: Literal[0] = 0
    inputs: str

    @cached_property
    def canonical(self) -> bytes:
        """The certificate as canonical JSON."""
        return canonical_json(self.model_dump(mode="json"))

    @cached_property
    def hash(self) -> str:
        """What stands for it in the audit chain."""
        return digest(self.model_dump(mode="json"))
