"""A resource as Azure Resource Manager answers it."""

from copy import deepcopy
from typing import Any

from localcloud.arm.behaviours.endpoints import connections_to
from localcloud.arm.behaviours.private_links import GROUPS
from localcloud.arm.state.records import Record
from localcloud.arm.state.store import Store


def weak(etag: str) -> str:
    """An ETag as it stands in a header and in a body."""
    return f'W/"{etag}"'


def render(store: Store, record: Record) -> dict[str, Any]:
    """The resource's JSON: what was written, what Azure fills in, its children and referrers."""
    found = store.type_of(record)
    body: dict[str, Any] = {"id": record.id, "name": record.name, "type": found.name}
    if found.etag:
        body["etag"] = weak(record.etag)
    body |= deepcopy(record.body)
    properties = body.get("properties")
    if isinstance(properties, dict):
        for embedded in found.embedded:
            children = store.children(record.id, embedded.type)
            properties[embedded.name] = [render(store, child) for child in children]
        for back in found.back_references:
            referrers = store.referrers(record.id, back.type)
            if referrers:
                properties[back.name] = [{"id": one.id} for one in referrers]
        if found.key in GROUPS:
            properties["privateEndpointConnections"] = connections_to(store, record)
    found.hooks.render(store, record, body)
    return body
