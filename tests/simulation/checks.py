"""What must hold once an onboarding has ended, whatever happened during it."""

import re
from collections import Counter
from typing import Any, Final

from landing_zone.applying import bound, is_as_wanted
from landing_zone.audit import verify
from landing_zone.hub_state.members import HubRow
from landing_zone.lifecycle import TenantState
from landing_zone.plan import Resource, Write
from landing_zone.tenants import TenantRecord
from tests.mentions import mentions
from tests.simulation.simulation import Simulation

_INLINE: Final = (
    "/subnets/",
    "/securityrules/",
    "/routes/",
    "/agentpools/system",
    "/blobservices/default",
    "/networkinterfaces/nic-pe-",
    ".azure.com/a/",
    ".windows.net/a/",
)
"""What a resource's own body holds, and what Azure makes along with it."""

_UNLISTED: Final = frozenset({"Microsoft.Resources/providers", "Microsoft.Resources/tags"})
"""What is no resource of its own."""

_SOFT_DELETED: Final = ("/deletedvaults/", "/deletedaccounts/")
"""Names that Azure keeps for a while after their resource was deleted, whoever deleted it."""

type Held = dict[str, list[dict[str, Any]]]


def assert_ended_well(
    simulation: Simulation, record: TenantRecord, *, readable: bool = True
) -> None:
    """Active with everything there, or failed with nothing that is not listed.

    Args:
        simulation: Where it ended.
        record: The tenant.
        readable: Whether everything could be read: what cannot be is listed, there or not.
    """
    assert simulation.engine.crashes == []
    assert_audit_verifies(simulation, record)
    match record.state:
        case TenantState.ACTIVE:
            assert_whole(simulation, record)
        case TenantState.FAILED:
            assert_actionable(simulation, record)
            assert_taken_back(simulation, record, readable=readable)
        case state:
            raise AssertionError(f"{record.tenant_id} ended as {state}")


def assert_audit_verifies(simulation: Simulation, record: TenantRecord) -> None:
    """The chains are whole; the tenant's notes nothing twice, and ends as the operation did."""
    for chain in simulation.world.audit.chains.values():
        verdict = verify(chain)
        assert verdict.valid, verdict.reason
    records = simulation.world.audit.chains[record.tenant_id]
    assert set(Counter(one.entry.event_id for one in records).values()) == {1}
    outcome = "active" if record.state is TenantState.ACTIVE else "failed"
    assert records[-1].entry.action == "tenant.onboard"
    assert records[-1].entry.outcome == outcome
    assert records[-1].entry.actor == record.actor
    told = [one.entry for one in records if one.entry.action == "tenant.onboard"]
    assert all({"before", "after"} <= one.details.keys() for one in told)


def assert_whole(simulation: Simulation, record: TenantRecord) -> None:
    """Each planned resource is there once, as it was planned, and nothing else is."""
    held = _held(simulation)
    planned = [one for one in _planned(simulation, record) if one.type not in _UNLISTED]
    counts = {one.key: len(held.get(one.id.lower(), ())) for one in planned}
    assert counts == dict.fromkeys(counts, 1), f"not once: {counts}"
    ours = [one for one in planned if one.write is Write.PUT]
    unlike = [one.key for one in ours if not is_as_wanted(one, held[one.id.lower()][0])]
    assert not unlike, f"they are not as planned: {unlike}"
    unplanned = sorted(_unplanned(simulation, record, held, planned))
    assert not unplanned, f"they are there and not planned: {unplanned}"
    assert_connected(record, held)
    assert {row.state for row in _rows(simulation, record)} == {"applied"}
    assert_held(simulation, record)
    assert record.open_work == ()


def assert_held(simulation: Simulation, record: TenantRecord) -> None:
    """The ledger holds for the tenant what its record says that it has."""
    assert record.reservation is not None
    # Which life of the subscription it is held for is for the record alone to know.
    held = record.reservation.model_copy(update={"generation": 1})
    found = simulation.world.ledger.held[held.hub, record.tenant_id]
    assert found.model_copy(update={"generation": 1}) == held


def assert_connected(record: TenantRecord, held: Held) -> None:
    """Both sides of the peering are connected."""
    states = [
        item["properties"]["peeringState"]
        for key, items in held.items()
        for item in items
        if "/virtualnetworkpeerings/" in key and mentions(key, record.tenant_id)
    ]
    assert states == ["Connected", "Connected"]


def assert_actionable(simulation: Simulation, record: TenantRecord) -> None:
    """The reason names what failed, and the hint says what a person can do."""
    assert record.hint
    keys = {one.key for one in _planned(simulation, record)} if record.plan_hash else set()
    assert not keys or any(f"{key}: " in record.reason for key in keys), record.reason
    document = simulation.world.documents.operations[record.operation_id]
    assert document["reason"] == record.reason
    assert document["state"] == ("failed" if record.open_work else "compensated")
    assert all(item.reason for item in record.open_work)


def assert_taken_back(simulation: Simulation, record: TenantRecord, *, readable: bool) -> None:
    """What remains is exactly what is listed; what is not listed is free for others."""
    held = _held(simulation)
    listed = {item.resource.lower() for item in record.open_work}
    implied = listed | _implied(simulation, record, listed)
    remains = _remains(simulation, record, held)
    unlisted = sorted(one for one in remains if not _is_listed(one, implied))
    assert not unlisted, f"they remain and are not listed: {unlisted}"
    # A tag, and what the hub's reconciler writes, are parts of what others have.
    gone = {one for one in listed if one and one not in held and not _is_part(one)}
    assert not readable or not gone, f"they are listed and do not remain: {sorted(gone)}"
    if not record.open_work:
        assert_free(simulation, record)


def assert_nothing_left(simulation: Simulation, record: TenantRecord) -> None:
    """Of a tenant that is no more, neither Azure nor the hub nor we hold anything."""
    remains = sorted(_remains(simulation, record, _held(simulation)))
    assert not remains, f"they remain: {remains}"
    assert_free(simulation, record)


def assert_listed(simulation: Simulation, record: TenantRecord) -> None:
    """Of a tenant that was active once, all that is amiss is listed."""
    held = _held(simulation)
    listed = {item.resource.lower() for item in record.open_work}
    implied = listed | _implied(simulation, record, listed)
    planned = [one for one in _resolved(simulation, record) if one.type not in _UNLISTED]
    missing = {one.id.lower() for one in planned if one.write is Write.PUT} - held.keys()
    amiss = missing | _unplanned(simulation, record, held, planned)
    unlisted = sorted(one for one in amiss if not _is_listed(one, implied))
    assert not unlisted, f"they are amiss and not listed: {unlisted}"


def resources_of(simulation: Simulation, record: TenantRecord) -> Held:
    """All that Azure holds of a tenant, as it is, by id."""
    held = _held(simulation)
    fresh = held.keys() - simulation.before
    return {one: held[one] for one in fresh if _is_of(simulation, record, one, held)}


def assert_free(simulation: Simulation, record: TenantRecord) -> None:
    """Neither a range, nor a claim, nor a place on the hub, nor a subscription is held."""
    world = simulation.world
    assert record.reservation is None
    assert [key for key in world.ledger.held if key[1] == record.tenant_id] == []
    assert [key for key in world.ledger.claims if key[1] == record.tenant_id] == []
    assert _rows(simulation, record) == []
    assert record.tenant_id not in world.registry.claims.values()


def _rows(simulation: Simulation, record: TenantRecord) -> list[HubRow]:
    """What the tenant has asked of its hub."""
    rows = [row.value for row in simulation.world.hub_requests.rows.values()]
    return [row for row in rows if row.member.tenant_id == record.tenant_id]


def _implied(simulation: Simulation, record: TenantRecord, listed: set[str]) -> set[str]:
    """What remains along with what is listed.

    The subscription of an alias, the records of a zone group, the hub's part of the firewall.
    """
    found: set[str] = set()
    if _alias(record) in listed:
        own = f"/subscriptions/{record.subscription_id}"
        root = simulation.arm.cloud.directory
        found = {own, f"/providers/microsoft.management/managementgroups/{root}{own}"}
    if any("/privatednszonegroups/" in one for one in listed):
        found |= {one for one in _held(simulation) if "/privatednszones/" in one and "/a/" in one}
    if any("/firewallpolicies/" in one for one in listed):
        parts = ("/ipgroups/spokewright-", "/rulecollectiongroups/spokewright-")
        found |= {one for one in _held(simulation) if any(part in one for part in parts)}
    return found


def _is_listed(resource_id: str, listed: set[str]) -> bool:
    """Whether it is listed, or stands in something that is: a subscription is no such thing."""
    inner = {one for one in listed if one and not re.fullmatch("/subscriptions/[^/]+", one)}
    return resource_id in listed or any(resource_id.startswith(f"{one}/") for one in inner)


def _is_part(resource_id: str) -> bool:
    return resource_id.endswith("/providers/microsoft.resources/tags/default")


def _remains(simulation: Simulation, record: TenantRecord, held: Held) -> set[str]:
    """What ARM holds of a tenant: a cancelled subscription stays on, and what is in none of ours.

    Azure deletes a cancelled subscription after some months, with the soft-deleted names in it.
    """
    fresh = held.keys() - simulation.before
    cancelled = {
        one.rsplit("/", 1)[-1]
        for one in fresh
        if one.startswith("/subscriptions/") and held[one][0].get("state") in {"Warned", "Disabled"}
    }
    own = {one for one in fresh if _is_of(simulation, record, one, held)}
    return {
        one
        for one in own
        if one.rsplit("/", 1)[-1] not in cancelled
        and not any(part in one for part in _SOFT_DELETED)
    }


def _is_of(simulation: Simulation, record: TenantRecord, resource_id: str, held: Held) -> bool:
    """Whether something is a tenant's; where there is only one tenant, everything new is."""
    others = [one for one in simulation.world.registry.rows if one != record.tenant_id]
    if not others:
        return True
    alias = held.get(_alias(record), [{}])[0]
    subscription = record.subscription_id or alias.get("properties", {}).get("subscriptionId", "")
    in_own = bool(subscription) and subscription.lower() in resource_id
    return in_own or mentions(resource_id, record.tenant_id)


def _alias(record: TenantRecord) -> str:
    return f"/providers/microsoft.subscription/aliases/spokewright-{record.tenant_id}"


def _held(simulation: Simulation) -> Held:
    held: Held = {}
    for item in simulation.arm.resources():
        held.setdefault(str(item["id"]).lower(), []).append(item)
    return held


def _planned(simulation: Simulation, record: TenantRecord) -> list[Resource]:
    """The plan's resources, their references resolved as far as they are known."""
    if record.state is not TenantState.ACTIVE:
        return list(simulation.plan_of(record).resources)
    return _resolved(simulation, record)


def _resolved(simulation: Simulation, record: TenantRecord) -> list[Resource]:
    outputs = simulation.world.documents.operations[record.applied_by]["outputs"]
    return [bound(one, outputs) for one in simulation.plan_of(record).resources]


def _unplanned(
    simulation: Simulation, record: TenantRecord, held: Held, planned: list[Resource]
) -> set[str]:
    """What is this tenant's and not of its plan."""
    named = {one.id.lower() for one in planned}
    ours = {one for one in held if _is_ours(record, one)} - simulation.before - named
    return {one for one in ours if not any(part in one for part in (*_INLINE, *_SOFT_DELETED))}


def _is_ours(record: TenantRecord, resource_id: str) -> bool:
    own = f"/subscriptions/{record.subscription_id}/"
    return own in resource_id or mentions(resource_id, record.tenant_id)
