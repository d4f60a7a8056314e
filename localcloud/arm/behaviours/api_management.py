"""API Management: products with the APIs they open, policies, and subscriptions with two keys."""

import secrets
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from localcloud.arm.behaviours.storage import timestamp
from localcloud.arm.errors import ArmError, bad_request, conflict
from localcloud.arm.state.records import Record
from localcloud.arm.state.store import Store

if TYPE_CHECKING:
    from localcloud.arm.writing import Write

SERVICE = "Microsoft.ApiManagement/service"
PRODUCT = f"{SERVICE}/products"
API = f"{SERVICE}/apis"
SUBSCRIPTION = f"{SERVICE}/subscriptions"
KEYS = ("primaryKey", "secondaryKey")
_MOST = MappingProxyType(  # learn: api-management/service-limits
    {"Premium": (2_000, 75_000), "Standard": (500, 25_000)}
)
_SECTIONS = ("inbound", "backend", "outbound", "on-error")


def service_of(resource_id: str) -> str:
    """The id of the service that something stands in."""
    return "/".join(resource_id.split("/")[:9])


def _limits(store: Store, resource_id: str) -> tuple[int, int]:
    service = store.get(service_of(resource_id))
    sku = service.body.get("sku", {}).get("name", "") if service else ""
    return _MOST.get(sku, _MOST["Premium"])


def check_product(write: "Write") -> None:
    """A product has a name that no other has; a service takes so many.

    Raises:
        ArmError: The name is taken, or there are too many.
    """
    others = [
        one
        for one in write.store.children(service_of(write.id), PRODUCT)
        if one.name.lower() != write.name.lower()
    ]
    display = write.properties["displayName"]
    if any(one.properties.get("displayName") == display for one in others):
        raise bad_request("ValidationError", f"Product with the title '{display}' already exists.")
    if write.existing is None and len(others) >= _limits(write.store, write.id)[0]:
        raise bad_request("ProductLimitExceeded", "The limit of products has been reached.")
    needs_none = write.properties.get("subscriptionRequired") is False
    if needs_none and {"approvalRequired", "subscriptionsLimit"} & set(write.properties):
        message = "Approval and limits of subscriptions need a product that requires subscription."
        raise bad_request("ValidationError", message)


def check_product_delete(store: Store, record: Record) -> None:
    """A product with subscriptions goes with them only when that is asked for.

    Raises:
        ArmError: It has some.
    """
    if any(scope_of(one) == record.key for one in store.children(record.parent, SUBSCRIPTION)):
        message = "Cannot delete product that has subscriptions: delete them first."
        raise bad_request("ValidationError", message)


def scope_of(subscription: Record) -> str:
    """Key of the product, API or service that a subscription opens."""
    return full_id(subscription.id, str(subscription.properties["scope"])).lower()


def full_id(owner: str, scope: str) -> str:
    """A scope as a whole id; it may be given from the service on."""
    text = scope.rstrip("/")
    return text if text.lower().startswith("/subscriptions/") else f"{service_of(owner)}{text}"


def check_link(write: "Write") -> None:
    """A product opens an API of its own service, once.

    Raises:
        ArmError: The API is not there, or is open already.
    """
    api = full_id(write.id, str(write.properties.get("apiId", "")))
    found = write.store.get(api)
    if (
        found is None
        or found.type != API
        or service_of(api).lower() != service_of(write.id).lower()
    ):
        raise bad_request("ValidationError", f"The API '{api}' does not exist.")
    product, _, name = write.id.rpartition("/apiLinks/")
    for other in write.store.children(product, write.type.name):
        same = full_id(other.id, str(other.properties["apiId"])).lower() == api.lower()
        if same and other.name.lower() != name.lower():
            raise conflict("Conflict", f"The API is linked to the product by '{other.name}'.")
    write.properties["apiId"] = found.id


def prepare_product_api(write: "Write") -> None:
    """An API's name and path, as an API within a product shows them.

    Raises:
        ArmError: There is no such API.
    """
    api = write.store.get(f"{service_of(write.id)}/apis/{write.name}")
    if api is None:
        raise ArmError(404, "ResourceNotFound", f"API '{write.name}' not found.")
    write.body["properties"] = {**api.properties}


def check_api(write: "Write") -> None:
    """An API has a name and a path of its own.

    Raises:
        ArmError: The path is missing or taken.
    """
    path = write.properties.get("path")
    if path is None or not write.properties.get("displayName"):
        raise bad_request("ValidationError", "An API needs a displayName and a path.")
    for other in write.store.children(service_of(write.id), API):
        if other.properties.get("path") == path and other.name.lower() != write.name.lower():
            message = f"Cannot create API '{write.name}' with the same Path '{path}' as API"
            raise bad_request("ValidationError", f"{message} '{other.name}'.")


def check_policy(write: "Write") -> None:
    """A policy is a well-formed document of the four sections.

    Raises:
        ArmError: 400 ValidationError, with the place of the fault.
    """
    kind = write.properties.get("format", "xml")
    if kind.endswith("-link"):
        raise bad_request("ValidationError", "Policies behind a link are not fetched here.")
    value = str(write.properties.get("value", ""))
    try:
        root = ET.fromstring(parsable(value, raw=kind == "rawxml"))  # noqa: S314 - a local test
    except ET.ParseError as error:
        message = f"Error in element 'policies': the document is not well-formed: {error}."
        raise bad_request("ValidationError", message) from error
    names = [one.tag for one in root]
    unknown = [name for name in names if name not in _SECTIONS]
    if root.tag != "policies" or unknown or len(set(names)) < len(names):
        message = f"A policy is one 'policies' of {', '.join(_SECTIONS)}, each once: not {names}."
        raise bad_request("ValidationError", message)


def parsable(value: str, *, raw: bool) -> str:
    """Raw documents may carry quotes and brackets within expressions, which XML does not."""
    if not raw:
        return value
    return "".join("expression" if inside else text for inside, text in _pieces(value))


def _pieces(value: str) -> Iterator[tuple[bool, str]]:
    """A document cut at its expressions, `@(...)` and `@{...}`, by their brackets."""
    start = position = 0
    while position < len(value) - 1:
        closing = {"(": ")", "{": "}"}.get(value[position + 1])
        if value[position] != "@" or closing is None:
            position += 1
            continue
        yield False, value[start:position]
        end = _end_of(value, position + 1, closing)
        yield True, value[position:end]
        start = position = end
    yield False, value[start:]


def _end_of(value: str, start: int, closing: str) -> int:
    """Behind the bracket that closes the one at `start`."""
    depth = 0
    for index in range(start, len(value)):
        if value[index] == value[start]:
            depth += 1
        elif value[index] == closing:
            depth -= 1
            if depth == 0:
                return index + 1
    return len(value)


def prepare_policy(write: "Write") -> None:
    """A policy is answered as XML, whatever it was written as."""
    write.properties.setdefault("format", "xml")


def check_subscription(write: "Write") -> None:
    """A subscription opens a product, an API or all of them in its service.

    Raises:
        ArmError: What it would open is not there, or there are too many.
    """
    scope = full_id(write.id, str(write.properties["scope"]))
    service = service_of(write.id)
    found = write.store.get(scope.removesuffix("/apis"))
    if found is None or not f"{found.key}/".startswith(f"{service.lower()}/"):
        raise bad_request("ValidationError", f"Subscription scope '{scope}' is invalid.")
    others = write.store.children(service, SUBSCRIPTION)
    if write.existing is None and len(others) >= _limits(write.store, write.id)[1]:
        message = "The limit of subscriptions has been reached."
        raise bad_request("SubscriptionLimitExceeded", message)
    _check_open(write, found)
    most = found.properties.get("subscriptionsLimit")
    mine = [one for one in others if scope_of(one) == found.key and one.key != write.id.lower()]
    if most is not None and write.existing is None and len(mine) >= most:
        message = f"Subscriptions limit reached for product '{found.name}'."
        raise bad_request("ValidationError", message)
    write.properties["scope"] = scope


def _check_open(write: "Write", scope: Record) -> None:
    """One is made, or made active, for a published product only.

    The words are those of github.com/Azure/api-management-developer-portal/issues/2765.
    """
    if scope.type != PRODUCT or scope.properties.get("state") == "published":
        return
    old = write.existing.properties.get("state") if write.existing else None
    if old is None or (write.properties.get("state", old) == "active" and old != "active"):
        message = "Operation is not allowed in the current product state"
        raise bad_request("ValidationError", message)


def prepare_subscription(write: "Write") -> None:
    """Give a subscription two keys that it keeps until they are made anew."""
    properties = write.properties
    old = write.existing
    known: dict[str, Any] = old.notes.get("secrets", {}) if old else {}
    for name in KEYS:
        properties[name] = properties.get(name) or known.get(name) or new_key()
    properties.setdefault("state", old.properties["state"] if old else "submitted")
    properties["createdDate"] = timestamp(old.created if old else write.now)


def new_key() -> str:
    """A key as API Management makes them."""
    return secrets.token_hex(16)
