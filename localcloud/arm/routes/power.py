"""Starting and stopping a cluster (learn: aks/start-stop-cluster)."""

from http import HTTPStatus
from types import MappingProxyType

from localcloud.arm import operations
from localcloud.arm.behaviours import clusters
from localcloud.arm.catalogue import TYPES
from localcloud.arm.errors import conflict, method_not_allowed, resource_not_found
from localcloud.arm.events import Origin, emit
from localcloud.arm.exchange import Answer, Call
from localcloud.arm.paths import Target, group_of
from localcloud.arm.placing import check_version, existing_scope
from localcloud.arm.preconditions import check_host_free, check_unlocked, host_of
from localcloud.arm.state.records import Operation
from localcloud.arm.world import Cloud

_CLUSTER = TYPES[clusters.CLUSTER.lower()]
_STATES = MappingProxyType({"start": "Running", "stop": "Stopped"})
_BUSY = MappingProxyType({"start": "Starting", "stop": "Stopping"})
_WORDS = MappingProxyType({"start": "starting", "stop": "stopping"})

ACTIONS = tuple(f"{_CLUSTER.key}/{name}" for name in _STATES)
"""The types of the paths that are asked."""


def switch(cloud: Cloud, call: Call, target: Target) -> Answer:
    """Begin to start or to stop a cluster.

    Raises:
        ArmError: It is not there, not ready, or so already.
    """
    check_version(call, _CLUSTER.name, _CLUSTER.versions)
    if call.method != "POST":
        raise method_not_allowed(call.method, target.type)
    existing_scope(cloud, target.scope)
    record = cloud.store.get(target.id)
    if record is None:
        raise resource_not_found(_CLUSTER.name, target.name, group_of(target.id))
    action = target.type.rpartition("/")[2]
    check_unlocked(cloud, record.id, deleting=False)
    host = host_of(record.id, _CLUSTER)
    check_host_free(cloud, call, _CLUSTER, host)
    power = clusters.power_of(record)
    if record.state not in {"Succeeded", "Failed"} or power == _STATES[action]:
        # In the words of github.com/MicrosoftDocs/azure-docs/issues/85161.
        message = (
            f"managed cluster is in Provisioning State({record.state}) and Power State({power}),"
            f" {_WORDS[action]} cannot be performed"
        )
        raise conflict("OperationNotAllowed", message)
    with cloud.store.transaction():
        clusters.set_power(cloud.store, record, power, _BUSY[action], cloud.now())
        seconds = cloud.profile.of(_CLUSTER.name).write
        operation = operations.begin(
            cloud, call, action, record, seconds=seconds, host=host, accepted=True
        )
    return Answer(HTTPStatus.ACCEPTED, None, operations.headers_of(call, operation, location=True))


def ended(cloud: Cloud, operation: Operation) -> None:
    """The cluster runs, or is at rest; or it is as it was, and shows that this failed."""
    record = cloud.store.get(operation.target)
    if record is not None:
        power = clusters.power_of(record) if operation.failure else _STATES[operation.kind]
        state = "Failed" if operation.failure else "Succeeded"
        clusters.set_power(cloud.store, record, power, state, cloud.now())
    operations.end(cloud, operation, operation.failure)
    emit(
        cloud,
        "Action",
        operation.target,
        f"{_CLUSTER.name}/{operation.kind}/action",
        Origin(operation.caller, operation.claims, operation.correlation_id, operation.request),
        succeeded=not operation.failure,
    )
