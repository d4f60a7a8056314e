"""What the application needs of the world, as small protocols.

All methods are asynchronous. All raise `TemporaryError` when trying again can help and
`PermanentError` when it cannot; what else they raise stands with them.
"""

from collections.abc import AsyncIterator, Sequence
from typing import Any, NamedTuple, Protocol

from landing_zone.access.principal import PrincipalId
from landing_zone.audit import AuditEntry, AuditRecord
from landing_zone.audit_trail.rows import Head, KeptRow, Place, Span
from landing_zone.capacity import NO_CLAIMS, Claims
from landing_zone.contracts import PollTarget
from landing_zone.errors import PermanentError
from landing_zone.hub_state.members import HubRow, Lane, Member
from landing_zone.offboarding.certificate import Certificate
from landing_zone.plan import Plan
from landing_zone.reservation import Lease, Reservation
from landing_zone.tenants import TenantRecord


class Versioned[T](NamedTuple):
    """A record with the version that a change of it is held against.

    Attributes:
        value: The record.
        etag: Its version.
    """

    value: T
    etag: str


class Page[T](NamedTuple):
    """Part of a list.

    Attributes:
        items: This part.
        continuation: What to ask for the next part with; empty at the end.
    """

    items: tuple[T, ...]
    continuation: str


class TenantRegistry(Protocol):
    """The tenants."""

    async def get(self, tenant_id: str) -> Versioned[TenantRecord] | None:
        """The tenant's record, or None."""
        ...

    async def insert(self, record: TenantRecord) -> bool:
        """Add a tenant; False when there is one of that id already."""
        ...

    async def replace(self, record: TenantRecord, etag: str) -> bool:
        """Change a tenant; False when it has changed since it was read."""
        ...

    async def page(
        self, size: int, continuation: str = "", *, owner: PrincipalId | None = None
    ) -> Page[TenantRecord]:
        """Tenants by id, `size` at most, from where `continuation` points; an owner's, or all."""
        ...

    async def claim_subscription(self, subscription_id: str, tenant_id: str) -> str:
        """Claim a subscription for a tenant, unless it is claimed; the tenant that holds it."""
        ...

    async def subscription_holder(self, subscription_id: str) -> str | None:
        """The tenant that has claimed a subscription, or None."""
        ...

    async def release_subscription(self, subscription_id: str, tenant_id: str) -> None:
        """Let go of a subscription that the tenant holds."""
        ...


class AddressLedger(Protocol):
    """Which address ranges of a hub's pool, and what of its limits, are held by whom."""

    async def reserve(
        self,
        hub: str,
        tenant_id: str,
        prefix_length: int,
        seen: Sequence[str],
        claims: Claims = NO_CLAIMS,
    ) -> Reservation:
        """Hold a range for a tenant: the one that it holds already, or a free one.

        One that it holds already is held on a new lease from then on.
        Where it claims a node pool subnet, a range for that in the hub network is held too. Two
        calls at once never hold overlapping ranges, and never more together than the hub's limits
        allow.

        Args:
            hub: Name of the hub.
            tenant_id: Who holds it.
            prefix_length: Size of the range, 22 to 27.
            seen: Ranges (CIDR) that are in use although the ledger may not know them.
            claims: What the tenant takes of the hub's limits beside the range; it is held as
                long as the range.

        Raises:
            PermanentError: The pool has no free range of that size (`AddressPoolExhausted`).
            CapacityExceeded: The hub has not left what is claimed.
        """
        ...

    async def preview(
        self,
        hub: str,
        tenant_id: str,
        prefix_length: int,
        seen: Sequence[str],
        claims: Claims = NO_CLAIMS,
    ) -> Reservation:
        """What the tenant would hold if it claimed that now; nothing is written.

        What it holds already counts as free for it, and the range that it holds stays. Raises as
        `reserve` does.
        """
        ...

    async def change(
        self, hub: str, tenant_id: str, seen: Sequence[str], claims: Claims, *, keep: bool
    ) -> Reservation:
        """Hold something else of the limits for a tenant from now on; its range stays.

        Args:
            hub: Name of the hub.
            tenant_id: Who holds it.
            seen: Ranges (CIDR) that are in use although the ledger may not know them.
            claims: What the tenant takes of the hub's limits.
            keep: Whether it keeps what it holds beside that, as what it needs until it is changed:
                of each limit it then holds the larger share.

        Raises:
            PermanentError: It holds nothing (`NotReserved`).
            CapacityExceeded: The hub has not left what is claimed.
        """
        ...

    async def renew(self, hub: str, tenant_id: str) -> Reservation | None:
        """What the tenant holds of the hub, asked for once more: its lease is another one then."""
        ...

    async def lease(self, hub: str, tenant_id: str) -> Lease | None:
        """The tenant's lease, or None; looking at it changes nothing."""
        ...

    async def leases(self, hub: str) -> list[Lease]:
        """All leases of a hub."""
        ...

    async def free(self, lease: Lease) -> bool:
        """Hold nothing on a lease any more: neither a range nor a claim.

        Returns:
            False when there is no such lease any more: whoever has asked since keeps what it holds.
        """
        ...


class HubRequests(Protocol):
    """What the tenants of a hub want of each lane of it, a row a member."""

    async def ask(self, member: Member, *, present: bool) -> HubRow | None:
        """Ask for something, or to be gone; asking again for the same changes nothing.

        Returns:
            The row; None when the tenant is to be gone and there is nothing of it.
        """
        ...

    async def get(self, hub: str, lane: Lane, name: str) -> HubRow | None:
        """The row of the member of that name, or None."""
        ...

    async def all(self, hub: str, lane: Lane) -> list[Versioned[HubRow]]:
        """All rows of a lane."""
        ...

    async def settle(self, row: Versioned[HubRow], failure: PermanentError | None = None) -> bool:
        """Answer a row: it has what it asked for, or it cannot; one that wanted to go is removed.

        Returns:
            False when it has asked for something else meanwhile: that is not answered.
        """
        ...


class AuditLog(Protocol):
    """The hash chain of each tenant, and of each lane of a hub."""

    async def append(self, entry: AuditEntry) -> AuditRecord:
        """Add an entry; one of the same event id is added once."""
        ...

    async def last(self, tenant_id: str) -> AuditRecord | None:
        """The chain's last record, or None where there is none."""
        ...

    def read(self, tenant_id: str) -> AsyncIterator[AuditRecord]:
        """The tenant's records, first to last."""
        ...


class AuditTrail(Protocol):
    """The audit's rows as they are kept, for those who read it and those who doubt it."""

    async def head(self, chain: str) -> Head | None:
        """Where a chain ends, as its head row says; None where there is no head that says it."""
        ...

    async def row(self, place: Place) -> KeptRow | None:
        """The row at a place, or None."""
        ...

    def rows(self, span: Span, after: Place | None = None) -> AsyncIterator[KeptRow]:
        """The rows of some chains, by the chain's name and then by their keys, behind a place."""
        ...

    def noted(self, chain: str) -> AsyncIterator[int]:
        """The numbers of the records under which the events of a chain are marked as noted."""
        ...


class DocumentStore(Protocol):
    """Documents that are too large for an orchestration's history."""

    async def put_plan(self, plan: Plan) -> None:
        """Keep a plan under its hash."""
        ...

    async def get_plan(self, plan_hash: str) -> Plan:
        """The plan of that hash.

        Raises:
            PermanentError: There is none (`PlanNotFound`).
        """
        ...

    async def put_operation(self, operation_id: str, document: dict[str, Any]) -> None:
        """Keep how an operation ended."""
        ...

    async def get_operation(self, operation_id: str) -> dict[str, Any] | None:
        """How an operation ended, or None."""
        ...

    async def put_certificate(self, certificate: Certificate) -> Certificate:
        """Keep the certificate of an operation; the one that is kept of it, where there is one."""
        ...

    async def get_certificate(self, operation_id: str) -> Certificate | None:
        """The certificate of an operation, or None."""
        ...


class Accepted(NamedTuple):
    """What ARM answered to a write.

    Attributes:
        body: The resource as returned, if it was.
        target: What to poll; None when the write is over.
        wait: Seconds that ARM asked to wait before the first poll.
    """

    body: dict[str, Any] | None
    target: PollTarget | None
    wait: float | None


class Poll(NamedTuple):
    """What a poll of a long-running operation found.

    Attributes:
        over: Whether it is over, with success.
        wait: Seconds that ARM asked to wait before the next poll.
    """

    over: bool
    wait: float | None


class ResourceManager(Protocol):
    """Azure Resource Manager, by resource id."""

    async def get(self, resource_id: str, api_version: str) -> dict[str, Any] | None:
        """The resource, or None where there is none."""
        ...

    async def write(
        self,
        method: str,
        path: str,
        api_version: str,
        body: dict[str, Any] | None,
        *,
        if_match: str = "",
    ) -> Accepted:
        """Send a PUT, PATCH, POST or DELETE; returns as soon as ARM has accepted it.

        With `if_match` it is refused, temporarily, where the resource has another ETag by now.
        """
        ...

    async def poll(self, target: PollTarget) -> Poll:
        """Look at a long-running operation once.

        Raises:
            OperationFailedError: It ended in failure.
        """
        ...

    async def pages(self, path: str, api_version: str) -> list[dict[str, Any]]:
        """All items of a collection, its pages followed."""
        ...
