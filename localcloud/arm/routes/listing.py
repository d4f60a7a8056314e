"""Lists: of a type in a scope, and of all resources of a subscription or a group."""

import re
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

from landing_zone.arm_ids import normalized
from localcloud.arm.catalogue.frame import GENERIC_VERSIONS
from localcloud.arm.catalogue.model import Scope
from localcloud.arm.errors import bad_request, method_not_allowed
from localcloud.arm.exchange import Answer, Call
from localcloud.arm.paths import Target, group_of
from localcloud.arm.placing import GROUPS, check_version, existing_scope, hidden, type_of
from localcloud.arm.rendering import render
from localcloud.arm.state.records import Record
from localcloud.arm.world import Cloud

type Test = Callable[[Record], bool]

_ALL = re.compile(
    r"(?P<scope>/subscriptions/[^/]+(/resourcegroups/[^/]+)?)/resources/?", re.IGNORECASE
)
_TERM = re.compile(r"\s*(\w+)\s+(eq|ne)\s+'([^']*)'\s*", re.IGNORECASE)
_PAGE = 1000


def page(call: Call, items: list[Any]) -> Answer:
    """One page of a list, with the link to the next."""
    size = _number(call, "$top", _PAGE)
    start = _number(call, "$skiptoken", 0)
    body: dict[str, Any] = {"value": items[start : start + size]}
    if start + size < len(items):
        kept = {name: value for name, value in call.query.items() if name != "$skiptoken"}
        kept["$skiptoken"] = str(start + size)
        query = "&".join(f"{name}={quote(value)}" for name, value in kept.items())
        body["nextLink"] = f"{call.base_url}{quote(call.path)}?{query}"
    return Answer(body=body)


def _number(call: Call, name: str, default: int) -> int:
    text = call.query.get(name, str(default))
    if not text.isdecimal():
        raise bad_request("InvalidQueryParameter", f"The query parameter {name} is not a number.")
    return int(text)


def collection(cloud: Cloud, call: Call, target: Target) -> Answer:
    """The resources of a type, in a scope or in a parent.

    Raises:
        ArmError: The type or the scope is not known.
    """
    found = type_of(cloud, call, target)
    scope = existing_scope(cloud, target.scope)
    if found.parent:
        existing_scope(cloud, target.id)
        records = cloud.store.children(target.id, found.name)
    elif found.scopes & Scope.RESOURCE:
        records = _around(cloud, call, scope, found.name)
    elif Scope.GROUP in found.scopes:
        records = [one for one in cloud.store.of_type(found.name) if _inside(one.key, scope)]
    else:
        records = cloud.store.children(scope, found.name)
    if found.key == GROUPS:
        test = _filter(call.query.get("$filter", ""))
        records = [one for one in records if test(one)]
    seen = [one for one in records if not hidden(cloud, one)]
    return page(call, [render(cloud.store, one) for one in seen])


def _inside(key: str, scope: str) -> bool:
    return key.startswith(normalized(scope) + "/")


def _around(cloud: Cloud, call: Call, scope: str, type_name: str) -> list[Record]:
    """Extensions at a scope, above it and within it; `atScope()` leaves out those within."""
    text = call.query.get("$filter", "")
    here = normalized(scope)
    at_scope = "atscope()" in text.lower()
    principal = re.search(r"principalId eq '([^']*)'", text, re.IGNORECASE)
    found = []
    for one in cloud.store.of_type(type_name):
        above = one.parent in {"", here} or here.startswith(one.parent + "/")
        if not above and (at_scope or not one.parent.startswith(here + "/")):
            continue
        who = str(one.properties.get("principalId", "")).lower()
        if principal is None or who == principal[1].lower():
            found.append(one)
    return found


def resources(cloud: Cloud, call: Call) -> Answer | None:
    """All resources of a subscription or a group, filtered; None for another path.

    Raises:
        ArmError: The scope is not there, or the filter is not understood.
    """
    match = _ALL.fullmatch(call.path)
    if match is None:
        return None
    if call.method != "GET":
        raise method_not_allowed(call.method, "Microsoft.Resources/resources")
    check_version(call, "Microsoft.Resources/resources", GENERIC_VERSIONS)
    scope = existing_scope(cloud, match["scope"])
    test = _filter(call.query.get("$filter", ""))
    found = [
        render(cloud.store, one)
        for one in cloud.store.everything()
        if _inside(one.key, scope) and cloud.store.type_of(one).tracked and _listed(cloud, one)
        if test(one)
    ]
    return page(call, [_brief(one) for one in found])


def _listed(cloud: Cloud, record: Record) -> bool:
    return not cloud.store.type_of(record).hidden and not hidden(cloud, record)


def _brief(resource: dict[str, Any]) -> dict[str, Any]:
    """A list shows the envelope only."""
    shown = ("id", "name", "type", "kind", "location", "tags", "sku", "identity")
    return {name: resource[name] for name in shown if name in resource}


def _filter(text: str) -> Test:
    """The filters that Azure Resource Manager takes on a list of resources."""
    terms = []
    for part in re.split(r"\s+and\s+", text.strip(), flags=re.IGNORECASE) if text.strip() else []:
        match = _TERM.fullmatch(part)
        if match is None:
            raise bad_request("InvalidFilterInQueryString", f"Invalid $filter '{text}'.")
        terms.append((match[1].lower(), match[2].lower() == "eq", match[3]))
    tag = next((value for name, _, value in terms if name == "tagname"), "")

    def passes(record: Record) -> bool:
        return all(_term(record, name, value, tag) is equal for name, equal, value in terms)

    return passes


def _term(record: Record, name: str, value: str, tag: str) -> bool:
    tags = {key.lower(): one for key, one in record.body.get("tags", {}).items()}
    match name:
        case "resourcetype":
            return record.type.lower() == value.lower()
        case "resourcegroup":
            return group_of(record.id).lower() == value.lower()
        case "location":
            return record.location == value.replace(" ", "").lower()
        case "name":
            return record.name.lower() == value.lower()
        case "tagname":
            return value.lower() in tags
        case "tagvalue":
            return tags.get(tag.lower()) == value
        case _:
            raise bad_request("InvalidFilterInQueryString", f"Cannot filter by '{name}'.")
