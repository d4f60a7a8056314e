"""Deleted vaults and AI services accounts: listed, read and purged."""

from localcloud.arm import operations
from localcloud.arm.behaviours import cognitive, vaults
from localcloud.arm.catalogue import TYPES
from localcloud.arm.errors import ArmError, bad_request, method_not_allowed, not_found
from localcloud.arm.exchange import Answer, Call
from localcloud.arm.paths import Target, subscription_of
from localcloud.arm.placing import check_version, existing_scope
from localcloud.arm.rendering import render
from localcloud.arm.routes.listing import page
from localcloud.arm.state.records import Record
from localcloud.arm.world import Cloud

_BY_TYPE = {
    "microsoft.keyvault": vaults.DELETED,
    "microsoft.cognitiveservices": cognitive.DELETED,
}
_OF = {"Microsoft.KeyVault/vaults": vaults.DELETED}


def is_kept_name(cloud: Cloud, type_name: str, name: str) -> bool:
    """Whether a deleted resource of a type keeps a name."""
    kept = cloud.store.of_type(_OF.get(type_name, "none"))
    return any(
        one.name.lower() == name.lower() and vaults.is_kept(one, cloud.now()) for one in kept
    )


def all_(cloud: Cloud, call: Call, target: Target) -> Answer:
    """The deleted resources of a subscription.

    Raises:
        ArmError: The subscription is not there, or the method is not GET.
    """
    kind = _checked(call, target, "GET")
    scope = existing_scope(cloud, target.scope)
    found = [
        one
        for one in cloud.store.of_type(kind)
        if subscription_of(one.key) == subscription_of(scope) and vaults.is_kept(one, cloud.now())
    ]
    return page(call, [render(cloud.store, one) for one in found])


def one(cloud: Cloud, call: Call, target: Target) -> Answer:
    """One deleted resource; an account is purged by deleting it once more.

    Raises:
        ArmError: It is not there.
    """
    deletes = target.namespace.lower() == "microsoft.cognitiveservices" and call.method == "DELETE"
    _checked(call, target, "DELETE" if deletes else "GET")
    record = _found(cloud, target.id)
    return _purge(cloud, call, record) if deletes else Answer(body=render(cloud.store, record))


def purge(cloud: Cloud, call: Call, target: Target) -> Answer:
    """Purge a deleted vault.

    Raises:
        ArmError: It is not there, or protected.
    """
    _checked(call, target, "POST")
    return _purge(cloud, call, _found(cloud, target.id))


def _checked(call: Call, target: Target, method: str) -> str:
    kind = _BY_TYPE[target.namespace.lower()]
    check_version(call, kind, TYPES[kind.lower()].versions)
    if call.method != method:
        raise method_not_allowed(call.method, kind)
    return kind


def _found(cloud: Cloud, resource_id: str) -> Record:
    existing_scope(cloud, f"/subscriptions/{subscription_of(resource_id)}")
    record = cloud.store.get(resource_id)
    if record is None or not vaults.is_kept(record, cloud.now()):
        name = resource_id.rpartition("/")[2]
        raise not_found("DeletedResourceNotFound", f"The deleted resource '{name}' was not found.")
    return record


def _purge(cloud: Cloud, call: Call, record: Record) -> Answer:
    if record.properties.get("purgeProtectionEnabled"):
        message = f'The vault "{record.name}" is protected: operation "purge" is not enabled.'
        raise bad_request("MethodNotAllowed", message)
    if cloud.store.operation_on(record.key) is not None:
        raise ArmError(409, "Conflict", f"'{record.name}' is being purged.")
    seconds = cloud.profile.of(record.type).delete
    with cloud.store.transaction():
        operation = operations.begin(
            cloud, call, "delete", record, seconds=seconds, host=record.key, accepted=True
        )
    return Answer(202, None, operations.headers_of(call, operation, location=True))
