"""Resource providers of a subscription: read, registered, unregistered."""

import re
from typing import Any

from localcloud.arm import operations
from localcloud.arm.catalogue.frame import GENERIC_VERSIONS
from localcloud.arm.errors import method_not_allowed, not_found
from localcloud.arm.events import emit_for
from localcloud.arm.exchange import Answer, Call
from localcloud.arm.locations import REGIONS
from localcloud.arm.placing import ALWAYS_REGISTERED, check_version, existing_scope
from localcloud.arm.routes.listing import page
from localcloud.arm.state.records import Record
from localcloud.arm.world import Cloud

_TYPE = "Microsoft.Resources/providers"
_PATH = re.compile(
    r"(?P<scope>/subscriptions/[^/]+)/providers(/(?P<name>[^/]+)(/(?P<action>register|unregister))?)?/?",
    re.IGNORECASE,
)
# Known to every subscription beside those in the catalogue, so that they can be registered.
_FURTHER = (
    "Microsoft.AlertsManagement",
    "Microsoft.CostManagementExports",
    "Microsoft.PolicyInsights",
    "Microsoft.Security",
)


def handle(cloud: Cloud, call: Call) -> Answer | None:
    """Answer a request for providers; None for another path.

    Raises:
        ArmError: It is refused.
    """
    match = _PATH.fullmatch(call.path)
    if match is None:
        return None
    check_version(call, _TYPE, GENERIC_VERSIONS)
    scope = existing_scope(cloud, match["scope"])
    if not match["name"]:
        _require(call, "GET")
        return page(call, [_shown(cloud, scope, name) for name in known(cloud)])
    name = next((one for one in known(cloud) if one.lower() == match["name"].lower()), None)
    if name is None:
        message = f"The resource namespace '{match['name']}' is invalid."
        raise not_found("InvalidResourceNamespace", message)
    if not match["action"]:
        _require(call, "GET")
        return Answer(body=_shown(cloud, scope, name))
    _require(call, "POST")
    _change(cloud, call, scope, name, registering=match["action"].lower() == "register")
    return Answer(body=_shown(cloud, scope, name))


def _require(call: Call, method: str) -> None:
    if call.method != method:
        raise method_not_allowed(call.method, _TYPE)


def known(cloud: Cloud) -> list[str]:
    """Every namespace."""
    return sorted({one.namespace for one in cloud.types.values()} | set(_FURTHER))


def register(cloud: Cloud, scope: str, name: str, state: str = "Registered") -> Record:
    """Store the registration of a provider."""
    record = Record(f"{scope}/providers/{name}", _TYPE, {"registrationState": state})
    cloud.store.put(record)
    return record


def _state(cloud: Cloud, scope: str, name: str) -> str:
    if name.lower() in ALWAYS_REGISTERED:
        return "Registered"
    record = cloud.store.get(f"{scope}/providers/{name}")
    return str(record.body["registrationState"]) if record is not None else "NotRegistered"


def _change(cloud: Cloud, call: Call, scope: str, name: str, *, registering: bool) -> None:
    present = _state(cloud, scope, name)
    settled = {"Registered", "Registering"} if registering else {"NotRegistered", "Unregistering"}
    if present in settled or name.lower() in ALWAYS_REGISTERED:
        return
    latency = cloud.profile.of(_TYPE)
    seconds = latency.write if registering else latency.delete
    with cloud.store.transaction():
        record = register(cloud, scope, name, "Registering" if registering else "Unregistering")
        operations.begin(cloud, call, "register", record, seconds=seconds)
        action = "register" if registering else "unregister"
        emit_for(cloud, call, "Action", record.id, f"{name}/{action}/action")


def _shown(cloud: Cloud, scope: str, name: str) -> dict[str, Any]:
    types = [one for one in cloud.types.values() if one.namespace == name and one.versions]
    resource_types = [
        {
            "resourceType": one.name.partition("/")[2],
            "locations": sorted(one.locations or REGIONS),
            "apiVersions": list(reversed(one.versions)),
        }
        for one in types
    ]
    always = name.lower() in ALWAYS_REGISTERED
    return {
        "id": f"{scope}/providers/{name}",
        "namespace": name,
        "registrationState": _state(cloud, scope, name),
        "registrationPolicy": "RegistrationFree" if always else "RegistrationRequired",
        "resourceTypes": resource_types,
    }
