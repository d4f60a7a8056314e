"""What happens to the secrets of a vault."""

import re
from collections.abc import Iterable, Mapping
from http import HTTPStatus
from typing import Any

from localcloud.arm.behaviours import vaults
from localcloud.arm.data_planes.errors import DataPlaneError, bad_parameter, refused
from localcloud.arm.exchange import Answer, Call
from localcloud.arm.state.records import Record
from localcloud.arm.world import Cloud

SECRET = "Microsoft.KeyVault/vaults/secrets"  # noqa: S105 - a type's name

_NAME = re.compile(r"[0-9A-Za-z-]{1,127}")
_PROPERTIES = frozenset({"value", "contentType", "attributes", "tags"})
_ATTRIBUTES = frozenset({"enabled", "nbf", "exp"})
# https://learn.microsoft.com/azure/key-vault/general/about-keys-secrets-certificates and
# secrets/about-secrets: sizes of a value, its content type and its tags.
_LARGEST = 25 * 1024
_LONGEST_TYPE = 255
_MOST_TAGS = 15
_LONGEST_TAG = 256
_LARGEST_PAGE = 25
_DAY = 86_400
_DELETED = "softDeletedSecrets"


def put(cloud: Cloud, call: Call, vault: Record, name: str) -> Answer:
    """Make a secret's new version.

    Raises:
        ArmError: The body is not one of a secret, or the name is kept by a deleted one.
    """
    body = _checked(name, _object(call))
    if name.lower() in vault.notes.get(_DELETED, {}):
        message = (
            f"Secret {name} is currently in a deleted but recoverable state, and its name cannot be"
            " reused; in this state, the secret can only be recovered or purged."
        )
        raise refused(HTTPStatus.CONFLICT, "Conflict", message, "ObjectIsDeletedButRecoverable")
    old = cloud.store.get(f"{vault.id}/secrets/{name}")
    record = _record(vault, name, body, old, cloud.now())
    cloud.store.put(record)
    return Answer(body=_bundle(vault, vaults.current_version(record)))


def _record(
    vault: Record, name: str, body: Mapping[str, Any], old: Record | None, now: float
) -> Record:
    notes = dict(old.notes) if old else {}
    if old is not None:
        notes["versions"] = vaults.all_versions(old)
    properties: dict[str, Any] = {"attributes": dict(body.get("attributes") or {})}
    if body.get("contentType"):
        properties["contentType"] = body["contentType"]
    vaults.complete_secret(properties, vault.name, name, old, now)
    made = Record(
        old.id if old else f"{vault.id}/secrets/{name}",
        SECRET,
        {"tags": dict(body.get("tags") or {}), "properties": properties},
        created=old.created if old else now,
        changed=now,
        notes=notes,
    )
    made.notes["secrets"] = {"value": body["value"]}
    return made


def _object(call: Call) -> dict[str, Any]:
    """The body, refused without repeating it."""
    try:
        return call.body()
    except Exception as error:
        raise bad_parameter("The request body is no JSON object.") from error


def _checked(name: str, body: dict[str, Any]) -> dict[str, Any]:
    if not _NAME.fullmatch(name):
        raise bad_parameter(f"The request URI contains an invalid name: {name}")
    value, attributes, tags = body.get("value"), body.get("attributes"), body.get("tags")
    faults = [
        (bool(set(body) - _PROPERTIES), "has properties that are unknown"),
        (not isinstance(value, str), "has no value"),
        (isinstance(value, str) and len(value.encode()) > _LARGEST, "has too large a value"),
        (not _is_text(body.get("contentType"), _LONGEST_TYPE), "has a wrong contentType"),
        (not _are_attributes(attributes), "has wrong attributes"),
        (not _are_tags(tags), "has wrong tags"),
    ]
    for is_wrong, fault in faults:
        if is_wrong:
            raise bad_parameter(f"The body of the secret '{name}' {fault}.")
    return body


def _is_text(value: Any, longest: int) -> bool:
    return value is None or (isinstance(value, str) and len(value) <= longest)


def _are_attributes(value: Any) -> bool:
    if value is None:
        return True
    if not isinstance(value, dict) or set(value) - _ATTRIBUTES:
        return False
    times = (value.get("nbf"), value.get("exp"))
    enabled = value.get("enabled")
    return (enabled is None or isinstance(enabled, bool)) and all(
        one is None or (isinstance(one, int) and not isinstance(one, bool)) for one in times
    )


def _are_tags(value: Any) -> bool:
    if value is None:
        return True
    return (
        isinstance(value, dict)
        and len(value) <= _MOST_TAGS
        and all(
            isinstance(text, str) and len(name) <= _LONGEST_TAG and len(text) <= _LONGEST_TAG
            for name, text in value.items()
        )
    )


def get(cloud: Cloud, _: Call, vault: Record, name: str, version: str = "") -> Answer:
    """A secret's current version, or another.

    Raises:
        ArmError: It is not there, or disabled.
    """
    for one in reversed(vaults.all_versions(_found(cloud, vault, name))):
        if version in {"", one["version"]}:
            if not one["attributes"].get("enabled", True):
                message = "Operation get is not allowed on a disabled secret."
                raise refused(HTTPStatus.FORBIDDEN, "Forbidden", message, "SecretDisabled")
            return Answer(body=_bundle(vault, one))
    raise _not_found(f"{name}/{version}")


def _found(cloud: Cloud, vault: Record, name: str) -> Record:
    record = cloud.store.get(f"{vault.id}/secrets/{name}")
    if record is None:
        raise _not_found(name)
    return record


def _not_found(name: str) -> DataPlaneError:
    message = (
        f"A secret with (name/id) {name} was not found in this key vault. If you recently deleted"
        " this secret you may be able to recover it using the correct recovery command."
    )
    return refused(HTTPStatus.NOT_FOUND, "SecretNotFound", message)


def list_all(cloud: Cloud, call: Call, vault: Record) -> Answer:
    """The secrets, without their values."""
    records = cloud.store.children(vault.id, SECRET)
    return _page(call, [_item(vault, vaults.current_version(one), whole=False) for one in records])


def versions(cloud: Cloud, call: Call, vault: Record, name: str) -> Answer:
    """A secret's versions, without their values.

    Raises:
        ArmError: There is no such secret.
    """
    found = vaults.all_versions(_found(cloud, vault, name))
    return _page(call, [_item(vault, one, whole=True) for one in found])


def _page(call: Call, items: list[dict[str, Any]]) -> Answer:
    size = _number(call, "maxresults", _LARGEST_PAGE)
    if not 0 < size <= _LARGEST_PAGE:
        raise bad_parameter(f"maxresults must be 1 to {_LARGEST_PAGE}.")
    start = _number(call, "$skiptoken", 0)
    link = None
    if len(items) > start + size:
        query = f"api-version={call.api_version}&$skiptoken={start + size}&maxresults={size}"
        link = f"{call.base_url}{call.path}?{query}"
    return Answer(body={"value": items[start : start + size], "nextLink": link})


def _number(call: Call, name: str, default: int) -> int:
    text = call.query.get(name, str(default))
    if not text.isdecimal():
        raise bad_parameter(f"{name} is no number.")
    return int(text)


def delete(cloud: Cloud, _: Call, vault: Record, name: str) -> Answer:
    """Delete a secret with all its versions; it is kept, with its name, for a while.

    Raises:
        ArmError: There is no such secret.
    """
    record = _found(cloud, vault, name)
    kept = {"record": record.as_dict(), "deletedDate": int(cloud.now())}
    vault.notes[_DELETED] = {**vault.notes.get(_DELETED, {}), name.lower(): kept}
    cloud.store.put(vault)
    cloud.store.remove(record)
    return Answer(body=_deleted_bundle(vault, kept))


def list_deleted(_: Cloud, call: Call, vault: Record) -> Answer:
    """The deleted secrets, without their values."""
    kept: Iterable[Mapping[str, Any]] = vault.notes.get(_DELETED, {}).values()
    return _page(call, [_deleted_bundle(vault, one) for one in kept])


def get_deleted(_: Cloud, __: Call, vault: Record, name: str) -> Answer:
    """A deleted secret, without its value.

    Raises:
        ArmError: There is none of that name.
    """
    kept = vault.notes.get(_DELETED, {}).get(name.lower())
    if kept is None:
        raise _not_found(name)
    return Answer(body=_deleted_bundle(vault, kept))


def recover(cloud: Cloud, _: Call, vault: Record, name: str) -> Answer:
    """Bring a deleted secret back.

    Raises:
        ArmError: There is none of that name.
    """
    deleted = dict(vault.notes.get(_DELETED, {}))
    kept = deleted.pop(name.lower(), None)
    if kept is None:
        raise _not_found(name)
    vault.notes[_DELETED] = deleted
    cloud.store.put(vault)
    record = Record(**kept["record"])
    cloud.store.put(record)
    return Answer(body=_item(vault, vaults.current_version(record), whole=True))


def _attributes(vault: Record, version: Mapping[str, Any]) -> dict[str, Any]:
    protected = vault.properties.get("enablePurgeProtection")
    days = vault.properties["softDeleteRetentionInDays"]
    level = "Recoverable" if protected else "Recoverable+Purgeable"
    return {**version["attributes"], "recoveryLevel": level, "recoverableDays": days}


def _item(vault: Record, version: Mapping[str, Any], *, whole: bool) -> dict[str, Any]:
    """A version without its value; `whole` names it in its id."""
    item = {
        "id": version["id"] if whole else version["id"].rpartition("/")[0],
        "attributes": _attributes(vault, version),
        "tags": version["tags"],
    }
    if version["contentType"]:
        item["contentType"] = version["contentType"]
    return item


def _bundle(vault: Record, version: Mapping[str, Any]) -> dict[str, Any]:
    return {"value": version["value"], **_item(vault, version, whole=True)}


def _deleted_bundle(vault: Record, kept: Mapping[str, Any]) -> dict[str, Any]:
    record = Record(**kept["record"])
    days = vault.properties["softDeleteRetentionInDays"]
    return {
        "recoveryId": f"https://{vault.name.lower()}.vault.azure.net/deletedsecrets/{record.name}",
        "deletedDate": kept["deletedDate"],
        "scheduledPurgeDate": kept["deletedDate"] + days * _DAY,
        **_item(vault, vaults.current_version(record), whole=True),
    }
