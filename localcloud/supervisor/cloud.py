"""The local cloud as the supervisor sees it: its services, and what a client needs to use it."""

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from landing_zone.hub_state.limits import HubSettings
from landing_zone.intake.settings import IntakeSettings
from landing_zone.key_settings import KeySettings
from landing_zone.pacing.settings import KINDS, PaceSettings
from landing_zone.retries import RetryPolicy
from localcloud.azurite import azurite_command, connection_string
from localcloud.certificates import Certificates
from localcloud.service_bus.keys import connection_string as bus_connection_string
from localcloud.supervisor.ports import HOST, Ports
from localcloud.supervisor.probes import answers, healthy, host_running, speaks_amqp
from localcloud.supervisor.service import Service

ROOT = Path(__file__).resolve().parents[2]
HUBS = ROOT / "localcloud" / "hub.yaml"
QUEUES = ROOT / "localcloud" / "service_bus.yaml"
# A developer's own Azure login must neither reach the local cloud nor be reached by it.
FOREIGN = (
    *("AZURE_", "MSI_", "IDENTITY_", "AzureWebJobs", "FUNCTIONS_", "WEBSITE_"),
    *("SPOKEWRIGHT_ARM_", "SPOKEWRIGHT_TABLE_", "SPOKEWRIGHT_BLOB_"),
    *("SPOKEWRIGHT_VAULT_", "SPOKEWRIGHT_SEARCH_", "SPOKEWRIGHT_SERVICE_BUS"),
)
FUNCTION_THREADS = 16
# Tokens are for these audiences wherever the services listen, as they are in Azure.
ARM_SCOPE = "https://management.azure.com/.default"
VAULT_SCOPE = "https://vault.azure.net/.default"
SEARCH_SCOPE = "https://search.azure.com/.default"


@dataclass(frozen=True, slots=True, kw_only=True)
class Cloud:
    """One local cloud.

    Attributes:
        state: Its directory.
        ports: Where its parts listen.
        speed: How many times faster than Azure its operations are.
        certificates: Those of the local ARM.
        identity_header: The secret of the identity endpoint.
        bus_key: The shared access key of Service Bus.
    """

    state: Path
    ports: Ports
    speed: float
    certificates: Certificates
    identity_header: str
    bus_key: str

    @property
    def functions_url(self) -> str:
        """Base URL of the Functions host."""
        return f"http://{HOST}:{self.ports.functions}"

    @property
    def arm_url(self) -> str:
        """Base URL of Azure Resource Manager."""
        return f"https://localhost:{self.ports.arm}"

    @property
    def data_url(self) -> str:
        """Base URL of the data planes."""
        return f"https://localhost:{self.ports.data}"

    @property
    def event_grid_url(self) -> str:
        """Base URL of Event Grid's own routes."""
        return f"http://{HOST}:{self.ports.event_grid}"

    @property
    def identity_endpoint(self) -> str:
        """URL of the managed-identity endpoint."""
        return f"http://{HOST}:{self.ports.identity}/msi/token"

    @property
    def storage(self) -> str:
        """Connection string of the storage account."""
        return connection_string(self.ports)

    @property
    def service_bus(self) -> str:
        """Connection string of the Service Bus namespace."""
        return bus_connection_string(self.ports.service_bus, self.bus_key)

    @property
    def keys(self) -> Path:
        """The Functions host's file of keys."""
        return self.state / "functions" / "keys.json"

    def directory(self, name: str) -> Path:
        """The directory of one part, made if it is not there."""
        path = self.state / name
        path.mkdir(parents=True, exist_ok=True)
        return path


def app_settings(cloud: Cloud) -> dict[str, str]:
    """What the application's settings hold, as they would in Azure."""
    ca = str(cloud.certificates.ca)
    return {
        "SPOKEWRIGHT_HUBS": str(HUBS),
        "SPOKEWRIGHT_ARM_ENDPOINT": cloud.arm_url,
        "SPOKEWRIGHT_ARM_SCOPE": ARM_SCOPE,
        "SPOKEWRIGHT_VAULT_ENDPOINT": f"{cloud.data_url}/vaults/{{name}}",
        "SPOKEWRIGHT_VAULT_SCOPE": VAULT_SCOPE,
        "SPOKEWRIGHT_SEARCH_ENDPOINT": f"{cloud.data_url}/search/{{name}}",
        "SPOKEWRIGHT_SEARCH_SCOPE": SEARCH_SCOPE,
        "SPOKEWRIGHT_SERVICE_BUS": cloud.service_bus,
        "AzureWebJobsStorage": cloud.storage,
        "IDENTITY_ENDPOINT": cloud.identity_endpoint,
        "IDENTITY_HEADER": cloud.identity_header,
        "REQUESTS_CA_BUNDLE": ca,
        "SSL_CERT_FILE": ca,
        "AZURE_TOKEN_CREDENTIALS": "ManagedIdentityCredential",
        "AZURE_FUNCTIONS_DURABLE_STRICT_TYPING": "1",
        "PYTHON_THREADPOOL_THREAD_COUNT": str(FUNCTION_THREADS),
        "FUNCTIONS_WORKER_RUNTIME": "python",
    }


def scaled_waits(speed: float) -> dict[str, str]:
    """The application's own waits and rates, which are as much faster as Azure is."""
    policy = RetryPolicy()
    hub = HubSettings()
    intake = IntakeSettings()
    pace = PaceSettings()
    seconds = {
        "SPOKEWRIGHT_HUB_COLLECT_SECONDS": hub.collect_seconds,
        "SPOKEWRIGHT_HUB_COLLECT_MOST_SECONDS": hub.collect_most_seconds,
        "SPOKEWRIGHT_HUB_PEERING_COLLECT_SECONDS": hub.peering_collect_seconds,
        "SPOKEWRIGHT_HUB_POLL_SECONDS": hub.poll_seconds,
        "SPOKEWRIGHT_KEYS_SETTLE_SECONDS": KeySettings().settle_seconds,
        "SPOKEWRIGHT_INTAKE_RETURN_SECONDS": intake.return_seconds,
        "SPOKEWRIGHT_INTAKE_RETURN_MOST_SECONDS": intake.return_most_seconds,
        "SPOKEWRIGHT_PACE_HOLD_SECONDS": pace.hold_seconds,
        "SPOKEWRIGHT_PACE_HOLD_MOST_SECONDS": pace.hold_most_seconds,
        "SPOKEWRIGHT_RETRY_BASE_SECONDS": policy.base_seconds,
        "SPOKEWRIGHT_RETRY_CAP_SECONDS": policy.cap_seconds,
        "SPOKEWRIGHT_RETRY_POLL_SECONDS": policy.poll_seconds,
    }
    rates = {f"SPOKEWRIGHT_PACE_{kind.upper()}_PER_SECOND": pace.limit(kind).rate for kind in KINDS}
    return {name: f"{value / speed:g}" for name, value in seconds.items()} | {
        name: f"{value * speed:g}" for name, value in rates.items()
    }


def base_environment(environment: Mapping[str, str]) -> dict[str, str]:
    """The environment of every child: the caller's, without its Azure and past any proxy."""
    kept = {name: value for name, value in environment.items() if not name.startswith(FOREIGN)}
    for name in ("NO_PROXY", "no_proxy"):
        others = [part for part in kept.get(name, "").split(",") if part]
        kept[name] = ",".join([*others, "localhost", HOST])
    return kept


def services(cloud: Cloud, environment: Mapping[str, str] = os.environ) -> list[Service]:
    """The parts of the local cloud, each with its command line and its dependencies."""
    base = base_environment(environment)
    parts = (_azurite, _service_bus, _identity, _arm, _event_grid, _host)
    return [part(cloud, base) for part in parts]


def _module(name: str, *arguments: str) -> tuple[str, ...]:
    return (sys.executable, "-m", f"localcloud.{name}", *arguments)


def _azurite(cloud: Cloud, base: Mapping[str, str]) -> Service:
    ports = cloud.ports
    return Service(
        name="azurite",
        command=azurite_command(ROOT, cloud.directory("azurite"), ports),
        ready=answers(ports.blob, ports.queue, ports.table),
        environment=base,
        directory=ROOT,
    )


def _service_bus(cloud: Cloud, base: Mapping[str, str]) -> Service:
    port = cloud.ports.service_bus
    return Service(
        name="service_bus",
        command=_module(
            "service_bus",
            *("--port", str(port), "--state", str(cloud.directory("service_bus"))),
            *("--queues", str(QUEUES)),
        ),
        ready=speaks_amqp(port),
        environment=base,
        directory=ROOT,
    )


def _identity(cloud: Cloud, base: Mapping[str, str]) -> Service:
    port = cloud.ports.identity
    return Service(
        name="identity",
        command=_module(
            "identity",
            *("--port", str(port), "--state", str(cloud.directory("identity"))),
            *("--hub", str(HUBS)),
        ),
        ready=healthy(port, "/_local/health"),
        # Not as an argument, which every user of the machine could read.
        environment={**base, "SPOKEWRIGHT_LOCAL_IDENTITY_HEADER": cloud.identity_header},
        directory=ROOT,
    )


def _arm(cloud: Cloud, base: Mapping[str, str]) -> Service:
    port = cloud.ports.arm
    return Service(
        name="arm",
        command=_module(
            "arm",
            *("--port", str(port), "--data-port", str(cloud.ports.data)),
            *("--state", str(cloud.directory("arm"))),
            *("--certificate", str(cloud.certificates.server)),
            *("--identity-state", str(cloud.directory("identity"))),
            *("--hub", str(HUBS), "--speed", f"{cloud.speed:g}", "--event-grid"),
        ),
        ready=healthy(port, "/_local/health", ca=cloud.certificates.ca),
        environment=base,
        directory=ROOT,
    )


def _event_grid(cloud: Cloud, base: Mapping[str, str]) -> Service:
    port = cloud.ports.event_grid
    return Service(
        name="event_grid",
        command=_module(
            "event_grid",
            *("--port", str(port), "--state", str(cloud.directory("event_grid"))),
            *("--arm", cloud.arm_url, "--ca", str(cloud.certificates.ca)),
            *("--identity-state", str(cloud.directory("identity"))),
            *("--functions", cloud.functions_url, "--function-keys", str(cloud.keys)),
            *("--hub", str(HUBS), "--speed", f"{cloud.speed:g}"),
        ),
        ready=healthy(port, "/_local/health"),
        # The storage's key is not an argument, which every user of the machine could read.
        environment={**base, "SPOKEWRIGHT_LOCAL_STORAGE": cloud.storage},
        after=("arm",),
        directory=ROOT,
    )


def _host(cloud: Cloud, base: Mapping[str, str]) -> Service:
    port = cloud.ports.functions
    return Service(
        name="functions",
        command=_module(
            "functions_host",
            *("--app", str(ROOT), "--port", str(port)),
            *("--state", str(cloud.directory("functions"))),
            *("--identity-state", str(cloud.directory("identity")), "--hub", str(HUBS)),
        ),
        ready=host_running(port, cloud.keys),
        # What the caller sets explicitly wins over the scaled waits.
        environment={**scaled_waits(cloud.speed), **base, **app_settings(cloud)},
        after=("azurite", "service_bus", "identity", "arm"),
        directory=ROOT,
    )
