"""What a tenant holds of its hub before anything is made, and the lease on which it holds it."""

from datetime import date, datetime
from ipaddress import IPv4Network
from typing import NamedTuple

from pydantic import BaseModel, ConfigDict, Field


class Before(BaseModel):
    """An adopted subscription as it was before the tenant: what it is given back as.

    Attributes:
        placement: ARM id of it as a member of its management group.
        tags: Those of its tags that ours take the place of.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    placement: str = ""
    tags: dict[str, str] = {}


class Reservation(BaseModel):
    """A tenant's share of a hub.

    Attributes:
        hub: Name of the hub.
        address_range: The spoke's address space.
        node_subnet: Range of the subnet of its node pool in the hub network; tier `nodepool` alone.
        reserved_on: Day of the reservation (UTC): the first month of the tenant's budget.
        generation: Which life of the tenant's subscription this is: 1, and higher each time that
            everything was given back. What was made in an earlier one may keep its name for months
            (a deleted vault for 90 days), so each life has world-wide names of its own.
        before: What the subscription was before, where it was adopted.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    hub: str
    address_range: IPv4Network
    node_subnet: IPv4Network | None = None
    reserved_on: date
    generation: int = Field(default=1, ge=1)
    before: Before | None = None


class Lease(NamedTuple):
    """A reservation as the ledger has it at one moment.

    Attributes:
        tenant_id: Who holds it.
        reservation: What is held.
        since: When it was last asked for: a request that comes upon it makes it its own.
        version: Changes whenever it is asked for: what is freed is the lease that was judged.
    """

    tenant_id: str
    reservation: Reservation
    since: datetime
    version: str

    @property
    def hub(self) -> str:
        """The hub of which it is held."""
        return self.reservation.hub
