"""What tenants hold and want of hubs, in dictionaries."""

from collections import Counter
from collections.abc import Sequence
from ipaddress import IPv4Network

from landing_zone.capacity import NO_CLAIMS, Claims, larger_claims, place, place_again, total_claims
from landing_zone.clock import Clock
from landing_zone.errors import PermanentError
from landing_zone.hub import HubDocument
from landing_zone.hub_state.members import HubRow, Lane, Member
from landing_zone.ports import Versioned
from landing_zone.reservation import Lease, Reservation


class FakeLedger:
    """Ranges of the hubs' pools, and what is claimed of their limits.

    Attributes:
        held: What is held, by hub and tenant.
        claims: What is claimed.
        versions: How often each was asked for.
    """

    def __init__(self, clock: Clock, document: HubDocument) -> None:
        self._clock = clock
        self._document = document
        self.held: dict[tuple[str, str], Reservation] = {}
        self.claims: dict[tuple[str, str], Claims] = {}
        self._since = dict.fromkeys(self.held, clock.now())
        self.versions: Counter[tuple[str, str]] = Counter()

    async def reserve(
        self,
        hub: str,
        tenant_id: str,
        prefix_length: int,
        seen: Sequence[str],
        claims: Claims = NO_CLAIMS,
    ) -> Reservation:
        """Hold a range: the one that is held already, or a free one."""
        if (hub, tenant_id) not in self.held:
            self.held[hub, tenant_id] = await self.preview(
                hub, tenant_id, prefix_length, seen, claims
            )
            self.claims[hub, tenant_id] = claims
        self._touch(hub, tenant_id)
        return self.held[hub, tenant_id]

    async def preview(
        self,
        hub: str,
        tenant_id: str,
        prefix_length: int,
        seen: Sequence[str],
        claims: Claims = NO_CLAIMS,
    ) -> Reservation:
        """What a tenant would hold."""
        own = self.held.get((hub, tenant_id))
        others = [one for key, one in self.held.items() if key[0] == hub and key[1] != tenant_id]
        used = total_claims(
            one for key, one in self.claims.items() if key[0] == hub and key[1] != tenant_id
        )
        ranges = [IPv4Network(cidr, strict=False) for cidr in seen]
        if own is not None:
            return place_again(
                self._document.hub(hub),
                own,
                others,
                used,
                had=self.claims.get((hub, tenant_id), {}),
                claims=claims,
                seen=ranges,
            )
        return place(
            self._document.hub(hub),
            others,
            used,
            prefix_length=prefix_length,
            claims=claims,
            seen=ranges,
            today=self._clock.now().date(),
        )

    def _touch(self, hub: str, tenant_id: str) -> None:
        self._since[hub, tenant_id] = self._clock.now()
        self.versions[hub, tenant_id] += 1

    async def change(
        self, hub: str, tenant_id: str, seen: Sequence[str], claims: Claims, *, keep: bool
    ) -> Reservation:
        """Hold something else of the limits."""
        place_of = (hub, tenant_id)
        if place_of not in self.held:
            raise PermanentError("NotReserved", f"{tenant_id} holds nothing of {hub}")
        wanted = larger_claims(self.claims.get(place_of, {}), claims) if keep else claims
        given = await self.preview(hub, tenant_id, 0, seen, wanted)
        self.held[place_of], self.claims[place_of] = given, wanted
        self._touch(hub, tenant_id)
        return given

    async def renew(self, hub: str, tenant_id: str) -> Reservation | None:
        """What the tenant holds of the hub, asked for once more."""
        if (hub, tenant_id) in self.held:
            self._touch(hub, tenant_id)
        return self.held.get((hub, tenant_id))

    async def lease(self, hub: str, tenant_id: str) -> Lease | None:
        """The tenant's lease, or None."""
        place_of = (hub, tenant_id)
        if place_of not in self.held:
            return None
        return Lease(
            tenant_id,
            self.held[place_of],
            self._since.get(place_of, self._clock.now()),
            str(self.versions[place_of]),
        )

    async def leases(self, hub: str) -> list[Lease]:
        """All leases of a hub."""
        found = [await self.lease(hub, tenant) for name, tenant in self.held if name == hub]
        return [lease for lease in found if lease is not None]

    async def free(self, lease: Lease) -> bool:
        """Hold nothing on a lease any more; False when there is no such lease any more."""
        if await self.lease(lease.hub, lease.tenant_id) != lease:
            return False
        del self.held[lease.hub, lease.tenant_id]
        self.claims.pop((lease.hub, lease.tenant_id), None)
        return True


class FakeHubRequests:
    """Rows of the lanes of hubs, with versions."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.rows: dict[tuple[str, str, str], Versioned[HubRow]] = {}
        self.answered: list[HubRow] = []
        self.writes = 0

    def _put(self, row: HubRow) -> None:
        self.writes += 1
        member = row.member
        key = (member.hub, member.lane, member.name)
        self.rows[key] = Versioned(row, f"etag-{self.writes}")

    async def ask(self, member: Member, *, present: bool) -> HubRow | None:
        """Ask for something, or to be gone."""
        found = self.rows.get((member.hub, member.lane, member.name))
        if found is None and not present:
            return None
        now = self._clock.now()
        if found is None:
            wanted = HubRow(member=member, since=now)
        else:
            wanted = found.value.asked(present=present, member=member, at=now)
        if found is None or wanted != found.value:
            self._put(wanted)
        return wanted

    async def get(self, hub: str, lane: Lane, name: str) -> HubRow | None:
        """The row of the member of that name, or None."""
        found = self.rows.get((hub, lane, name))
        return found.value if found else None

    async def all(self, hub: str, lane: Lane) -> list[Versioned[HubRow]]:
        """All rows of a lane."""
        return [row for key, row in self.rows.items() if key[:2] == (hub, lane)]

    async def settle(self, row: Versioned[HubRow], failure: PermanentError | None = None) -> bool:
        """Answer a row, unless it has changed."""
        member = row.value.member
        key = (member.hub, member.lane, member.name)
        found = self.rows.get(key)
        if found is None or found.etag != row.etag:
            return False
        self.answered.append(row.value)
        if failure is not None:
            self._put(row.value.failed(failure.code, failure.message, failure.hint))
        elif row.value.present:
            self._put(row.value.model_copy(update={"state": "applied"}))
        else:
            del self.rows[key]
        return True
