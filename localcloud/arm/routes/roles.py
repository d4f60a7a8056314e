"""Role definitions: the built-in ones, from a table."""

import re

from localcloud.arm.behaviours.authorization import BUILT_IN_ROLES, role_definition
from localcloud.arm.errors import method_not_allowed, not_found
from localcloud.arm.exchange import Answer, Call
from localcloud.arm.paths import Target, subscription_of
from localcloud.arm.placing import existing_scope, type_of
from localcloud.arm.routes.listing import page
from localcloud.arm.world import Cloud


def one(cloud: Cloud, call: Call, target: Target) -> Answer:
    """One role definition.

    Raises:
        ArmError: It is not there.
    """
    found = type_of(cloud, call, target)
    if call.method != "GET":
        raise method_not_allowed(call.method, found.name)
    guid = target.name.lower()
    if guid not in BUILT_IN_ROLES:
        message = f"The specified role definition with ID '{guid}' does not exist."
        raise not_found("RoleDefinitionDoesNotExist", message)
    return Answer(body=role_definition(_scope(cloud, target), guid))


def all_(cloud: Cloud, call: Call, target: Target) -> Answer:
    """The role definitions, all or by name.

    Raises:
        ArmError: The scope is not there.
    """
    found = type_of(cloud, call, target)
    if call.method != "GET":
        raise method_not_allowed(call.method, found.name)
    scope = _scope(cloud, target)
    wanted = re.search(r"roleName eq '([^']*)'", call.query.get("$filter", ""), re.IGNORECASE)
    chosen = [
        guid
        for guid, name in BUILT_IN_ROLES.items()
        if wanted is None or name.lower() == wanted[1].lower()
    ]
    return page(call, [role_definition(scope, guid) for guid in chosen])


def _scope(cloud: Cloud, target: Target) -> str:
    """Built-in roles are answered as of the subscription that is asked."""
    scope = existing_scope(cloud, target.scope)
    subscription = subscription_of(scope)
    return f"/subscriptions/{subscription}" if subscription else ""
