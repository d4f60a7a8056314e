"""Every type of resource that the local Azure Resource Manager knows, by its name in lower case."""

from collections.abc import Mapping

from localcloud.arm.catalogue import (
    authorization,
    data,
    frame,
    network,
    private_dns,
    runtime,
    services,
    web,
)
from localcloud.arm.catalogue.model import ResourceType

TYPES: Mapping[str, ResourceType] = {
    one.key: one
    for module in (frame, authorization, network, private_dns, data, runtime, services, web)
    for one in module.TYPES
}
