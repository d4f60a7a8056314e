"""The application's settings: one frozen object, made from the environment in one place.

| variable | meaning | default |
|---|---|---|
| `SPOKEWRIGHT_HUBS` | path of the hub document | required |
| `SPOKEWRIGHT_ARM_ENDPOINT` | base URL of Azure Resource Manager | `https://management.azure.com` |
| `SPOKEWRIGHT_ARM_SCOPE` | scope of its tokens | `https://management.azure.com/.default` |
| `SPOKEWRIGHT_VAULT_ENDPOINT` | base URL of a Key Vault | `https://{name}.vault.azure.net` |
| `SPOKEWRIGHT_VAULT_SCOPE` | scope of its tokens | `https://vault.azure.net/.default` |
| `SPOKEWRIGHT_SEARCH_ENDPOINT` | URL of a search service | `https://{name}.search.windows.net` |
| `SPOKEWRIGHT_SEARCH_SCOPE` | scope of its tokens | `https://search.azure.com/.default` |
| `SPOKEWRIGHT_TABLE_SERVICE` | URL of the table service, reached by managed identity | none |
| `SPOKEWRIGHT_BLOB_SERVICE` | URL of the blob service, reached by managed identity | none |
| `AzureWebJobsStorage` | connection string, where the two above are not set | none |
| `SPOKEWRIGHT_PREFIX` | start of the names of tables and containers | `spokewright` |
| `SPOKEWRIGHT_RETRY_BASE_SECONDS` | first wait of ours, seconds | 2 |
| `SPOKEWRIGHT_RETRY_CAP_SECONDS` | longest wait of ours, seconds | 60 |
| `SPOKEWRIGHT_RETRY_MAX_ATTEMPTS` | attempts at one resource | 120 |
| `SPOKEWRIGHT_RETRY_DEADLINE_SECONDS` | time for one resource, seconds | 7200 |
| `SPOKEWRIGHT_RETRY_POLL_SECONDS` | longest wait between polls of ours, seconds | 5 |
| `SPOKEWRIGHT_RETRY_MAX_FAILED_OPERATIONS` | failed operations of one resource | 3 |
| `SPOKEWRIGHT_HUB_SHARDS` | rule collection groups for the tenants' own names | 1 |
| `SPOKEWRIGHT_HUB_COLLECT_SECONDS` | time to collect requests to the firewall, seconds | 2 |
| `SPOKEWRIGHT_HUB_COLLECT_MOST_SECONDS` | the longest such time, seconds | 120 |
| `SPOKEWRIGHT_HUB_PEERING_COLLECT_SECONDS` | the same for the hub network, seconds | 0.5 |
| `SPOKEWRIGHT_HUB_POLL_SECONDS` | longest wait of a tenant between looks, seconds | 30 |
| `SPOKEWRIGHT_REMEDIATION` | path of the remediation policy | the default policy |
| `SPOKEWRIGHT_KEYS_SETTLE_SECONDS` | time for the gateway to learn of a new key, seconds | 600 |
| `SPOKEWRIGHT_SERVICE_BUS` | connection string of the Service Bus namespace | none |
| `SPOKEWRIGHT_SERVICE_BUS__fullyQualifiedNamespace` | its host name, reached by identity | none |
| `SPOKEWRIGHT_INTAKE_RETURN_SECONDS` | first wait of a message put back, seconds | 30 |
| `SPOKEWRIGHT_INTAKE_RETURN_MOST_SECONDS` | longest wait of a message put back, seconds | 600 |
| `SPOKEWRIGHT_APPROVAL_TIERS` | isolation tiers that need approval, with commas | cluster |
| `SPOKEWRIGHT_APPROVAL_ENVIRONMENTS` | environments that need approval, with commas | none |
| `SPOKEWRIGHT_APPROVAL_DEADLINE_HOURS` | time until a request expires, hours | 72 |
| `SPOKEWRIGHT_APPROVAL_REMINDER_HOURS` | time until the reminder, hours; 0 for none | 24 |
| `SPOKEWRIGHT_APPROVAL_LOOK_SECONDS` | longest time until a decision is found, seconds | 300 |
| `SPOKEWRIGHT_LEASE_GRACE_SECONDS` | age of a range before it can be an orphan, seconds | 3600 |
| `SPOKEWRIGHT_OFFBOARD_RETAIN_DAYS` | days that data is kept where nobody says otherwise | 30 |
| `SPOKEWRIGHT_PACE_READS` | reads that a full quota of a subscription allows at once | 250 |
| `SPOKEWRIGHT_PACE_READS_PER_SECOND` | reads a second that it allows for good | 25 |
| `SPOKEWRIGHT_PACE_WRITES` | the same for writes | 200 |
| `SPOKEWRIGHT_PACE_WRITES_PER_SECOND` | the same for writes | 10 |
| `SPOKEWRIGHT_PACE_DELETES` | the same for deletes | 200 |
| `SPOKEWRIGHT_PACE_DELETES_PER_SECOND` | the same for deletes | 10 |
| `SPOKEWRIGHT_PACE_RESERVE` | share of a quota that sweeps leave for onboarding | 0.4 |
| `SPOKEWRIGHT_PACE_IN_PLACE_SECONDS` | longest wait of a call within its function, seconds | 1 |
| `SPOKEWRIGHT_PACE_IN_PLACE_CALLS` | most calls of a process that wait so | 25 |
| `SPOKEWRIGHT_PACE_HOLD_SECONDS` | first hold after a 429 without Retry-After, seconds | 2 |
| `SPOKEWRIGHT_PACE_HOLD_MOST_SECONDS` | longest such hold, seconds | 300 |
| `AZURE_CLIENT_ID` | client id of a user-assigned identity | the system-assigned one |
| `WEBSITE_AUTH_ENABLED` | whether App Service authentication is on; set by it | no |
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from landing_zone.approval.settings import ApprovalSettings
from landing_zone.errors import ConfigurationError
from landing_zone.hub_state.limits import HubSettings
from landing_zone.intake.settings import IntakeSettings
from landing_zone.key_settings import KeySettings
from landing_zone.leases import LeaseSettings
from landing_zone.offboarding.settings import OffboardSettings
from landing_zone.pacing.settings import PaceSettings
from landing_zone.retries import RetryPolicy

# A base URL in which `{name}` stands once, for the name of the service.
type _Template = Annotated[str, Field(pattern=r"^https://[^{}\s]*\{name\}[^{}\s]*$")]

_GROUPS = {
    "retry": "SPOKEWRIGHT_RETRY_",
    "hub": "SPOKEWRIGHT_HUB_",
    "keys": "SPOKEWRIGHT_KEYS_",
    "intake": "SPOKEWRIGHT_INTAKE_",
    "pace": "SPOKEWRIGHT_PACE_",
    "lease": "SPOKEWRIGHT_LEASE_",
    "approval": "SPOKEWRIGHT_APPROVAL_",
    "offboard": "SPOKEWRIGHT_OFFBOARD_",
}


class Settings(BaseModel):
    """All settings, validated.

    Attributes:
        hubs: Path of the hub document.
        arm_endpoint: Base URL of Azure Resource Manager, without a slash at its end.
        arm_scope: Scope of its tokens.
        vault_endpoint: Base URL of a Key Vault, with `{name}` for its name.
        vault_scope: Scope of its tokens.
        search_endpoint: Base URL of an AI Search service, with `{name}` for its name.
        search_scope: Scope of its tokens.
        table_service: URL of the table service; empty where the connection string is used.
        blob_service: URL of the blob service; empty where the connection string is used.
        storage_connection: Connection string of the storage account; empty where URLs are used.
        prefix: Start of the names of tables and containers.
        client_id: Client id of a user-assigned identity; empty for the system-assigned one.
        retry: Bounds of the attempts at one resource.
        hub: The pace of the hubs' reconciler.
        keys: The pace of key rotations.
        remediation: Path of the remediation policy; None for the default one.
        service_bus: Connection string of the Service Bus namespace; empty where its name is used.
        service_bus_namespace: Its host name; empty where the connection string is used.
        intake: The pace of the intake.
        pace: What Azure Resource Manager lets through, and how its quota is spent.
        lease: When reservations expire that no request stands behind.
        approval: What needs the approval of a person, and how long that is waited for.
        offboard: How long data is kept.
        vouched_for: Whether App Service authentication stands in front; else a header that names a
            principal may be anyone's, and nobody is let in. App Service tells it, read-only
            (learn: app-service/reference-app-settings).
    """

    # A fault's input may be the whole environment, and the chain of causes is logged.
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    hubs: Path
    arm_endpoint: Annotated[str, Field(pattern=r"^https://[^/]+$")] = "https://management.azure.com"
    arm_scope: str = "https://management.azure.com/.default"
    vault_endpoint: _Template = "https://{name}.vault.azure.net"
    vault_scope: str = "https://vault.azure.net/.default"
    search_endpoint: _Template = "https://{name}.search.windows.net"
    search_scope: str = "https://search.azure.com/.default"
    table_service: str = ""
    blob_service: str = ""
    storage_connection: Annotated[str, Field(repr=False)] = ""
    prefix: Annotated[str, Field(pattern=r"^[a-z][a-z0-9]{2,19}$")] = "spokewright"
    client_id: str = ""
    retry: RetryPolicy = RetryPolicy()
    hub: HubSettings = HubSettings()
    keys: KeySettings = KeySettings()
    remediation: Path | None = None
    service_bus: Annotated[str, Field(repr=False)] = ""
    service_bus_namespace: str = ""
    intake: IntakeSettings = IntakeSettings()
    pace: PaceSettings = PaceSettings()
    lease: LeaseSettings = LeaseSettings()
    approval: ApprovalSettings = ApprovalSettings()
    offboard: OffboardSettings = OffboardSettings()
    vouched_for: bool = False


_VARIABLES = {
    "hubs": "SPOKEWRIGHT_HUBS",
    "arm_endpoint": "SPOKEWRIGHT_ARM_ENDPOINT",
    "arm_scope": "SPOKEWRIGHT_ARM_SCOPE",
    "vault_endpoint": "SPOKEWRIGHT_VAULT_ENDPOINT",
    "vault_scope": "SPOKEWRIGHT_VAULT_SCOPE",
    "search_endpoint": "SPOKEWRIGHT_SEARCH_ENDPOINT",
    "search_scope": "SPOKEWRIGHT_SEARCH_SCOPE",
    "table_service": "SPOKEWRIGHT_TABLE_SERVICE",
    "blob_service": "SPOKEWRIGHT_BLOB_SERVICE",
    "storage_connection": "AzureWebJobsStorage",
    "prefix": "SPOKEWRIGHT_PREFIX",
    "client_id": "AZURE_CLIENT_ID",
    "remediation": "SPOKEWRIGHT_REMEDIATION",
    "service_bus": "SPOKEWRIGHT_SERVICE_BUS",
    "vouched_for": "WEBSITE_AUTH_ENABLED",
    "service_bus_namespace": "SPOKEWRIGHT_SERVICE_BUS__fullyQualifiedNamespace",
}


def settings_from(environment: Mapping[str, str]) -> Settings:
    """The settings that an environment holds.

    Raises:
        ConfigurationError: One is missing or malformed; all of them are named, without values.
    """
    found = {
        field: environment[variable].rstrip("/")
        for field, variable in _VARIABLES.items()
        if environment.get(variable)
    }
    groups = {
        group: {
            name.removeprefix(prefix).lower(): value
            for name, value in environment.items()
            if name.startswith(prefix)
        }
        for group, prefix in _GROUPS.items()
    }
    try:
        settings = Settings.model_validate({**found, **groups})
    except ValidationError as error:
        faults = "; ".join(f"{_variable(fault['loc'])}: {fault['msg']}" for fault in error.errors())
        raise ConfigurationError(f"settings: {faults}") from error
    _require_storage(settings)
    return settings


def _variable(location: tuple[int | str, ...]) -> str:
    first, *rest = (str(part) for part in location)
    if first in _GROUPS and rest:
        return f"{_GROUPS[first]}{rest[0].upper()}"
    return _VARIABLES.get(first, first)


def _require_storage(settings: Settings) -> None:
    by_identity = bool(settings.table_service and settings.blob_service)
    if not by_identity and not settings.storage_connection:
        raise ConfigurationError(
            "settings: SPOKEWRIGHT_TABLE_SERVICE and SPOKEWRIGHT_BLOB_SERVICE,"
            " or AzureWebJobsStorage: no storage is named"
        )
