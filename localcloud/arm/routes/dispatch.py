"""Which handler answers a request."""

import re
from collections.abc import Callable, Mapping

from localcloud.arm import operations
from localcloud.arm.errors import bad_request, method_not_allowed
from localcloud.arm.exchange import Answer, Call
from localcloud.arm.paths import Target, parse
from localcloud.arm.placing import type_of
from localcloud.arm.routes import (
    actions,
    aliases,
    groups,
    listing,
    management_groups,
    power,
    providers,
    resources,
    roles,
    soft_deleted,
    subscriptions,
    tags,
)
from localcloud.arm.world import Cloud

type Handler = Callable[[Cloud, Call, Target], Answer]

_POLLS = re.compile(
    r".*/(?P<kind>operations|operationresults)/"
    r"(?P<id>[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})",
    re.IGNORECASE,
)

# What is not handled as a plain resource: by type, and whether one resource is named.
_SPECIAL: Mapping[tuple[str, bool], Handler] = {
    ("microsoft.resources/subscriptions", True): subscriptions.one,
    ("microsoft.resources/subscriptions", False): subscriptions.all_,
    ("microsoft.subscription/cancel", False): subscriptions.cancel,
    ("microsoft.subscription/enable", False): subscriptions.enable,
    ("microsoft.subscription/rename", False): subscriptions.rename,
    ("microsoft.subscription/aliases", True): aliases.one,
    ("microsoft.management/managementgroups", True): management_groups.one,
    ("microsoft.management/managementgroups", False): management_groups.all_,
    ("microsoft.management/managementgroups/descendants", False): management_groups.descendants,
    ("microsoft.management/managementgroups/subscriptions", True): management_groups.member,
    ("microsoft.management/managementgroups/subscriptions", False): management_groups.members,
    ("microsoft.resources/resourcegroups", True): groups.one,
    ("microsoft.resources/tags", True): tags.one,
    ("microsoft.authorization/roledefinitions", True): roles.one,
    ("microsoft.authorization/roledefinitions", False): roles.all_,
    ("microsoft.keyvault/deletedvaults", False): soft_deleted.all_,
    ("microsoft.keyvault/locations/deletedvaults", True): soft_deleted.one,
    ("microsoft.keyvault/locations/deletedvaults/purge", False): soft_deleted.purge,
    ("microsoft.cognitiveservices/deletedaccounts", False): soft_deleted.all_,
    ("microsoft.cognitiveservices/locations/resourcegroups/deletedaccounts", True): (
        soft_deleted.one
    ),
    **{(name, False): actions.name_is_free for name in actions.NAMES},
    **{(name, False): actions.on_resource for name in actions.ON_RESOURCE},
    **{(name, False): power.switch for name in power.ACTIONS},
}


def handle(cloud: Cloud, call: Call) -> Answer:
    """Answer a request.

    Raises:
        ArmError: It is refused.
    """
    if (poll := _POLLS.fullmatch(call.path)) is not None:
        if call.method != "GET":
            raise method_not_allowed(call.method, "operations")
        result = poll["kind"].lower() == "operationresults"
        return operations.poll(cloud, call, poll["id"].lower(), result=result)
    if (answer := listing.resources(cloud, call)) is not None:
        return answer
    if (answer := providers.handle(cloud, call)) is not None:
        return answer
    target = parse(call.path)
    if target is None:
        message = f"The request path '{call.path}' is not one that Azure Resource Manager knows."
        raise bad_request("InvalidRequestUri", message)
    special = _SPECIAL.get((target.type, target.is_resource))
    if special is not None:
        return special(cloud, call, target)
    if target.is_resource:
        return resources.one(cloud, call, target)
    if call.method != "GET" or not target.types:
        raise method_not_allowed(call.method, type_of(cloud, call, target).name)
    return listing.collection(cloud, call, target)
