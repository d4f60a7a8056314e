"""POST actions on resources, and questions whether a name is free."""

from collections.abc import Callable, Mapping

from localcloud.arm.behaviours import api_management, event_grid
from localcloud.arm.catalogue import TYPES
from localcloud.arm.errors import bad_request, method_not_allowed, resource_not_found
from localcloud.arm.events import emit_for
from localcloud.arm.exchange import Answer, Call
from localcloud.arm.paths import Target, group_of
from localcloud.arm.placing import check_version, existing_scope
from localcloud.arm.preconditions import name_taken
from localcloud.arm.routes.soft_deleted import is_kept_name
from localcloud.arm.state.records import Record
from localcloud.arm.world import Cloud

type Action = Callable[[Cloud, Record], Answer]


def on_resource(cloud: Cloud, call: Call, target: Target) -> Answer:
    """An action on one resource.

    Raises:
        ArmError: The resource is not there, or the method is not POST.
    """
    kind, _, _ = target.type.rpartition("/")
    found = TYPES[kind]
    check_version(call, found.name, found.versions)
    if call.method != "POST":
        raise method_not_allowed(call.method, target.type)
    existing_scope(cloud, target.scope)
    resource_id = target.id
    record = cloud.store.get(resource_id)
    if record is None:
        raise resource_not_found(found.name, target.name, group_of(resource_id))
    action = call.path.rstrip("/").rpartition("/")[2]
    with cloud.store.transaction():
        answer = ON_RESOURCE[target.type](cloud, record)
        emit_for(cloud, call, "Action", record.id, f"{found.name}/{action}/action")
    return answer


def _list_secrets(_: Cloud, record: Record) -> Answer:
    known = record.notes["secrets"]
    return Answer(body={name: known[name] for name in api_management.KEYS})


def _regenerate(name: str) -> Action:
    def regenerate(cloud: Cloud, record: Record) -> Answer:
        record.notes["secrets"] = {**record.notes["secrets"], name: api_management.new_key()}
        record.touch(cloud.now())
        cloud.store.put(record)
        return Answer(204, hold=cloud.profile.of(record.type).write)

    return regenerate


def _full_url(_: Cloud, record: Record) -> Answer:
    return Answer(body={"endpointUrl": event_grid.url_of(record.notes.get("secrets", {}))})


def _run_export(cloud: Cloud, record: Record) -> Answer:
    record.notes["runs"] = [*record.notes.get("runs", []), cloud.now()]
    cloud.store.put(record)
    return Answer()


ON_RESOURCE: Mapping[str, Action] = {
    "microsoft.apimanagement/service/subscriptions/listsecrets": _list_secrets,
    "microsoft.apimanagement/service/subscriptions/regenerateprimarykey": _regenerate("primaryKey"),
    "microsoft.apimanagement/service/subscriptions/regeneratesecondarykey": _regenerate(
        "secondaryKey"
    ),
    "microsoft.eventgrid/eventsubscriptions/getfullurl": _full_url,
    "microsoft.eventgrid/systemtopics/eventsubscriptions/getfullurl": _full_url,
    "microsoft.costmanagement/exports/run": _run_export,
}

# Whose names are asked for, by the type that names the question.
NAMES: Mapping[str, str] = {
    "microsoft.storage/checknameavailability": "Microsoft.Storage/storageAccounts",
    "microsoft.keyvault/checknameavailability": "Microsoft.KeyVault/vaults",
    "microsoft.search/checknameavailability": "Microsoft.Search/searchServices",
    "microsoft.dbforpostgresql/checknameavailability": "Microsoft.DBforPostgreSQL/flexibleServers",
}


def name_is_free(cloud: Cloud, call: Call, target: Target) -> Answer:
    """Whether a name is free in all of Azure.

    Raises:
        ArmError: The question has no name, or is not a POST.
    """
    found = TYPES[NAMES[target.type].lower()]
    check_version(call, found.name, found.versions)
    if call.method != "POST":
        raise method_not_allowed(call.method, target.type)
    existing_scope(cloud, target.scope)
    name = call.body().get("name")
    if not isinstance(name, str) or not name:
        raise bad_request("InvalidRequestContent", "The name is missing.")
    taken = name_taken(cloud, found, f"/{name}") is not None
    if not taken and not is_kept_name(cloud, found.name, name):
        return Answer(body={"nameAvailable": True})
    message = f"The name '{name}' is already taken."
    body = {"nameAvailable": False, "reason": "AlreadyExists", "message": message}
    return Answer(body=body)
