"""What the rogue administrator does, and by what it shows to be undone."""

from collections.abc import Mapping
from typing import Any

import pytest

from landing_zone.arm_ids import normalized
from localcloud.demo.mischief import Act, Ground, Held, LeftOut, acts
from localcloud.demo.models import Operation
from tests.localcloud.demo.fake_cloud import HUB, operation, resource

TAGS = {"tenantId": "a", "costCenter": "c", "application": "x", "environment": "e", "owner": "o"}
ZONE = f"{HUB}/providers/Microsoft.Network/privateDnsZones/privatelink.blob.core.windows.net"
LINK = f"{ZONE}/virtualNetworkLinks/hub"
OF_THE_HUB = {"virtualNetwork": {"id": "/hub/network"}, "provisioningState": "Succeeded"}


def group(tenant: str) -> str:
    """The id of a tenant's resource group."""
    return f"/subscriptions/{tenant}/resourceGroups/rg-{tenant}"


def place(tenant: str, kind: str, name: str) -> str:
    """The id of a resource of a tenant."""
    return f"{group(tenant)}/providers/{kind}/{name}"


def ids(tenant: str) -> dict[str, str]:
    """What a tenant's plan makes, as far as somebody meddles with it."""
    return {
        "resource-group:workload": group(tenant),
        "storage": place(tenant, "Microsoft.Storage/storageAccounts", "st"),
        "network": place(tenant, "Microsoft.Network/virtualNetworks", "vnet"),
        "route-table": place(tenant, "Microsoft.Network/routeTables", "rt"),
    }


def onboarded(tenant: str) -> Operation:
    """The end of a tenant's onboarding."""
    made = [resource(key, resource_id, "done") for key, resource_id in ids(tenant).items()]
    return Operation.model_validate(operation("succeeded", made, tenantId=tenant))


def holding(*bodies: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    """What Resource Manager holds, by normalized id."""
    return {normalized(body["id"]): body for body in bodies}


def whole(*tenants: str) -> dict[str, Mapping[str, Any]]:
    """What it holds while all is as it should be."""
    found = holding({"id": LINK, "properties": OF_THE_HUB})
    for tenant in tenants:
        of = ids(tenant)
        route = {"addressPrefix": "0.0.0.0/0", "nextHopIpAddress": "10.0.0.4"}
        found |= holding(
            {"id": of["resource-group:workload"], "location": "westeurope", "tags": TAGS},
            {"id": of["storage"], "tags": TAGS, "properties": {"publicNetworkAccess": "Disabled"}},
            {"id": of["network"], "properties": {}},
            {"id": of["route-table"], "properties": {}},
            {"id": f"{of['route-table']}/routes/all", "properties": route},
        )
    return found


def planned(*tenants: str) -> dict[str, Act]:
    """What is done where there are such tenants, by the kind of what is written."""
    found = acts(Ground([onboarded(one) for one in tenants], HUB, whole(*tenants)))
    assert all(isinstance(one, Act) for one in found)
    return {one.title: one for one in found if isinstance(one, Act)}


def changed(held: Held, resource_id: str, **changes: Any) -> dict[str, Mapping[str, Any]]:
    """The same with one resource changed; without changes it is gone."""
    key = normalized(resource_id)
    rest = {known: body for known, body in held.items() if known != key}
    return rest | {key: {**held.get(key, {"id": resource_id}), **changes}} if changes else rest


def test_each_is_another_drift_and_shows_when_it_is_there_and_when_it_is_undone() -> None:
    """By what Resource Manager holds; half of a repair is none."""
    held = whole("a", "b")
    storage, route = ids("a")["storage"], f"{ids('b')['route-table']}/routes/all"
    address = place("b", "Microsoft.Network/publicIPAddresses", "pip-rogue")
    side = f"{ids('b')['network']}/virtualNetworkPeerings/rogue"
    opened = {"publicNetworkAccess": "Enabled"}
    elsewhere = {"addressPrefix": "0.0.0.0/0", "nextHopIpAddress": "10.9.9.9"}
    broken = {
        "opened storage to the internet": [changed(held, storage, properties=opened)],
        "stripped all required tags": [
            changed(held, storage, tags={}),
            changed(held, storage, tags=TAGS | {"owner": "somebody"}),
        ],
        "added a public IP address": [changed(held, address, properties={})],
        "peered two spokes": [changed(held, side, properties={})],
        "deleted a DNS zone link": [
            changed(held, LINK),
            changed(held, LINK, properties=OF_THE_HUB | {"provisioningState": "Updating"}),
            changed(held, LINK, properties=OF_THE_HUB | {"virtualNetwork": {"id": "/other"}}),
        ],
        "deleted the default route": [
            changed(held, route),
            changed(held, route, properties=elsewhere),
        ],
    }
    found = planned("a", "b")
    assert found.keys() == broken.keys()
    for title, act in found.items():
        assert act.is_undone(held), title
        assert not any(act.is_undone(one) for one in broken[title]), title


def test_a_tag_that_somebody_added_does_not_matter() -> None:
    """Only the required ones are restored."""
    held = whole("a", "b")
    more = changed(held, ids("a")["storage"], tags=TAGS | {"note": "mine"})
    assert planned("a", "b")["stripped all required tags"].is_undone(more)


def test_two_spokes_are_peered_from_both_sides() -> None:
    """Each names the other."""
    writes = planned("a", "b", "c")["peered two spokes"].writes
    one, other = (ids(tenant)["network"] for tenant in ("a", "b"))
    assert [write.path.partition("/virtualNetworkPeerings")[0] for write in writes] == [one, other]
    remote = [write.body["properties"]["remoteVirtualNetwork"]["id"] for write in writes]
    assert remote == [other, one]


def test_one_tenant_alone_has_no_other_to_be_peered_with() -> None:
    """All else is done to it."""
    found = acts(Ground([onboarded("a")], HUB, whole("a")))
    assert [one for one in found if isinstance(one, LeftOut)] == [
        LeftOut("peered two spokes", "it takes two spokes")
    ]


@pytest.mark.parametrize("held", [{}, whole()])
def test_nothing_is_done_to_what_is_not_there(held: Held) -> None:
    """Each act says why it is left out."""
    found = acts(Ground([onboarded("a")], "/subscriptions/none", held))
    assert len(found) == 6
    assert all(isinstance(one, LeftOut) and one.reason for one in found)
