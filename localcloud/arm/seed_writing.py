"""How the starting state is written: as a client would write it."""

import json
from collections.abc import Mapping
from typing import Any

from localcloud.arm.exchange import Call
from localcloud.arm.outcomes import write_ended
from localcloud.arm.paths import parse
from localcloud.arm.placing import place
from localcloud.arm.world import Cloud
from localcloud.arm.writing import put


def write(cloud: Cloud, resource_id: str, version: str, body: Mapping[str, Any]) -> None:
    """PUT a resource as a client would, and let it end at once."""
    target = parse(resource_id)
    if target is None:
        raise ValueError(f"{resource_id!r} names no resource")
    call = Call(
        "PUT",
        resource_id,
        query={"api-version": version},
        content=json.dumps(body).encode(),
        principal=cloud.directory,
    )
    put(cloud, call, place(cloud, call, target))
    for operation in cloud.store.running():
        write_ended(cloud, operation)
