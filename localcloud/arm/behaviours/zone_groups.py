"""Private DNS zone groups: they write an endpoint's A records, and take them away again."""

from typing import TYPE_CHECKING, Any

from localcloud.arm.behaviours.endpoints import (
    ZONE_GROUP,
    addresses_of,
    connection_of,
    target_of,
)
from localcloud.arm.behaviours.private_links import Member, members_of
from localcloud.arm.errors import bad_request
from localcloud.arm.state.records import Record
from localcloud.arm.state.store import Store

if TYPE_CHECKING:
    from localcloud.arm.writing import Write

_A = "Microsoft.Network/privateDnsZones/A"
_TTL = 10
_MOST_ZONES = 5


def check(write: "Write") -> None:
    """An endpoint has one group, of few zones that its target has records in.

    Raises:
        ArmError: It has another one, or a zone does not fit.
    """
    endpoint_id = write.id.rpartition("/privateDnsZoneGroups/")[0]
    others = [
        one
        for one in write.store.children(endpoint_id, ZONE_GROUP)
        if one.name.lower() != write.name.lower()
    ]
    if others:
        message = f"Private endpoint {endpoint_id} has the zone group '{others[0].name}' already."
        raise bad_request("PrivateDnsZoneGroupLimitExceeded", message)
    configurations = write.properties.get("privateDnsZoneConfigs", [])
    if not 0 < len(configurations) <= _MOST_ZONES:
        message = f"The zone group '{write.name}' needs 1 to {_MOST_ZONES} zones."
        raise bad_request("InvalidRequestFormat", message)
    fitting = {member.zone for member in _members(write.store, endpoint_id)}
    for one in configurations:
        zone = str(one.get("properties", {}).get("privateDnsZoneId", "")).rpartition("/")[2]
        if zone.lower() not in fitting:
            message = f"The zone '{zone}' holds no records of this private endpoint: {fitting}."
            raise bad_request("InvalidPrivateDnsZone", message)


def _members(store: Store, endpoint_id: str) -> list[Member]:
    endpoint = store.get(endpoint_id)
    target = target_of(store, endpoint) if endpoint is not None else None
    if endpoint is None or target is None:
        return []
    inner = connection_of(endpoint.properties)["properties"]
    return members_of(target, inner["groupIds"][0])


def written(store: Store, record: Record) -> None:
    """Write the records of each zone, and list them; those of zones left out are removed."""
    endpoint_id = record.id.rpartition("/privateDnsZoneGroups/")[0]
    endpoint = store.get(endpoint_id)
    if endpoint is None:
        return
    addresses = dict(addresses_of(store, endpoint))
    members = _members(store, endpoint_id)
    old = record.notes.get("records", {})
    kept: dict[str, str] = {}
    for one in record.properties["privateDnsZoneConfigs"]:
        zone_id = one["properties"]["privateDnsZoneId"]
        zone = zone_id.rpartition("/")[2].lower()
        mine = [member for member in members if member.zone == zone and member.fqdn in addresses]
        sets = [_record_set(member, addresses[member.fqdn]) for member in mine]
        one["properties"]["recordSets"] = sets
        for each in sets:
            record_id = f"{zone_id}/A/{each['recordSetName']}"
            _put_record(store, record_id, each, record.changed)
            kept[record_id] = each["ipAddresses"][0]
    _remove_records(store, {key: ip for key, ip in old.items() if key not in kept})
    record.notes["records"] = kept
    store.put(record)


def _record_set(member: Member, address: str) -> dict[str, Any]:
    return {
        "recordType": "A",
        "recordSetName": member.record,
        "fqdn": f"{member.record}.{member.zone}",
        "ttl": _TTL,
        "ipAddresses": [address],
        "provisioningState": "Succeeded",
    }


def _put_record(store: Store, record_id: str, found: dict[str, Any], now: float) -> None:
    body = {
        "properties": {
            "ttl": found["ttl"],
            "aRecords": [{"ipv4Address": one} for one in found["ipAddresses"]],
            "fqdn": f"{found['fqdn']}.",
            "isAutoRegistered": False,
            "metadata": {"creator": "created by private endpoint"},
        }
    }
    store.put(Record(record_id, _A, body, created=now, changed=now))


def deleted(store: Store, record: Record) -> None:
    """The records go with the group, where they still lead to its endpoint."""
    _remove_records(store, record.notes.get("records", {}))


def _remove_records(store: Store, records: dict[str, str]) -> None:
    for record_id, address in records.items():
        found = store.get(record_id)
        if found is None:
            continue
        if [one["ipv4Address"] for one in found.properties["aRecords"]] == [address]:
            store.remove(found)
