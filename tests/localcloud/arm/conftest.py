"""A local Azure Resource Manager to test: without HTTP on a hand-set clock, or as a live server."""

import asyncio
import contextlib
import json
import ssl
import threading
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import requests
import trustme
from aiohttp import web

from landing_zone.hub import HubDocument, parse_hub_document
from localcloud.arm.errors import ArmError
from localcloud.arm.exchange import Call
from localcloud.arm.routes.dispatch import handle
from localcloud.arm.server import Settings, applications, open_cloud
from localcloud.arm.world import Cloud
from localcloud.identity.server import Endpoint
from localcloud.identity.tokens import Tokens, automation_of

HUB_FILE = Path("localcloud/hub.yaml")
HUB_SUBSCRIPTION = "/subscriptions/a1b2c3d4-0000-4000-8000-00000000a001"
HUB_GROUP = f"{HUB_SUBSCRIPTION}/resourceGroups/rg-hub-weu"
HUB_NETWORK = f"{HUB_GROUP}/providers/Microsoft.Network/virtualNetworks/vnet-hub-weu"
BILLING = "/providers/Microsoft.Billing/billingAccounts/7690848/enrollmentAccounts/225314"
TIER = "/providers/Microsoft.Management/managementGroups/contoso-ai-spokes-namespace"
NETWORK = "2025-09-01"
GROUPS = "2025-04-01"
PROVIDERS = (
    "Microsoft.CognitiveServices",
    "Microsoft.ContainerService",
    "Microsoft.DBforPostgreSQL",
    "Microsoft.DocumentDB",
    "Microsoft.EventGrid",
    "Microsoft.Insights",
    "Microsoft.KeyVault",
    "Microsoft.KubernetesConfiguration",
    "Microsoft.ManagedIdentity",
    "Microsoft.Network",
    "Microsoft.OperationalInsights",
    "Microsoft.Search",
    "Microsoft.Storage",
)


@dataclass
class HandSetClock:
    """Stands still until it is told to go on."""

    seconds: float = 1_800_000_000.0

    def now(self) -> float:
        """What it was set to."""
        return self.seconds


@dataclass
class Reply:
    """An answer, or an error as an answer."""

    status: int
    body: Any
    headers: dict[str, str] = field(default_factory=dict)

    @property
    def code(self) -> str:
        """The error's code."""
        return str(self.body["error"]["code"]) if self.body else ""


@dataclass
class Arm:
    """Azure Resource Manager without HTTP."""

    cloud: Cloud
    clock: HandSetClock
    settings: Settings

    def call(
        self, method: str, path: str, version: str = NETWORK, body: Any = None, **more: Any
    ) -> Reply:
        """One request and its answer; the path may carry a query, `more` headers."""
        path, _, text = path.partition("?")
        query = dict(pair.split("=", 1) for pair in text.split("&")) if text else {}
        if version:
            query["api-version"] = version
        call = Call(
            method,
            path,
            {name.lower(): value for name, value in query.items()},
            more.get("headers", {}),
            b"" if body is None else json.dumps(body).encode(),
            principal="0f000000-0000-4000-8000-000000000001",
        )
        self.cloud.settle()
        try:
            answer = handle(self.cloud, call)
        except ArmError as error:
            return Reply(error.status, error.body(), error.headers)
        return Reply(answer.status, answer.body, answer.headers)

    def get(self, path: str, version: str = NETWORK) -> Reply:
        """GET."""
        return self.call("GET", path, version)

    def put(self, path: str, body: Any, version: str = NETWORK) -> Reply:
        """PUT."""
        return self.call("PUT", path, version, body)

    def delete(self, path: str, version: str = NETWORK) -> Reply:
        """DELETE."""
        return self.call("DELETE", path, version)

    def advance(self, seconds: float) -> None:
        """Let time pass."""
        self.clock.seconds += seconds
        self.cloud.settle()

    def made(self, path: str, body: Any, version: str = NETWORK) -> dict[str, Any]:
        """PUT, wait until it has ended, and GET."""
        reply = self.put(path, body, version)
        assert reply.status < 300, reply.body
        self.advance(500)
        found = self.get(path, version)
        assert found.status == 200, found.body
        made: dict[str, Any] = found.body
        return made

    def reopened(self) -> "Arm":
        """The same, after the process has died."""
        self.cloud.store.database.close()
        self.cloud = open_cloud(self.settings, self.clock)
        return self

    def subscription(self) -> str:
        """A new subscription with every provider that tests need, by its scope."""
        alias = f"/providers/Microsoft.Subscription/aliases/a-{uuid.uuid4()}"
        made = self.made(alias, alias_body(), "2021-10-01")
        scope = f"/subscriptions/{made['properties']['subscriptionId']}"
        for provider in PROVIDERS:
            register = f"{scope}/providers/{provider}/register"
            assert self.call("POST", register, GROUPS).status == 200
        self.advance(60)
        return scope

    def group(self) -> str:
        """A new resource group in a new subscription, by its id."""
        path = f"{self.subscription()}/resourceGroups/rg"
        return str(self.made(path, {"location": "westeurope"}, GROUPS)["id"])


def alias_body(**further: Any) -> dict[str, Any]:
    """The body of a new subscription's alias."""
    return {
        "properties": {
            "displayName": "tenant",
            "workload": "Production",
            "billingScope": BILLING,
            "additionalProperties": {"managementGroupId": TIER, "tags": {"tenantId": "t"}},
        }
        | further
    }


def network_body(prefix: str = "10.16.0.0/24", subnets: Any = None) -> dict[str, Any]:
    """The body of a virtual network."""
    properties: dict[str, Any] = {"addressSpace": {"addressPrefixes": [prefix]}}
    if subnets is not None:
        properties["subnets"] = subnets
    return {"location": "westeurope", "properties": properties}


def subnet_body(prefix: str, name: str = "", **properties: Any) -> dict[str, Any]:
    """The body of a subnet, with its name where it stands in a network."""
    body = {"properties": {"addressPrefix": prefix} | properties}
    return {"name": name} | body if name else body


def vnet(group: str, name: str = "vnet") -> str:
    """Id of a virtual network."""
    return f"{group}/providers/Microsoft.Network/virtualNetworks/{name}"


@pytest.fixture(scope="session")
def hub() -> HubDocument:
    """The local cloud's own hub document."""
    return parse_hub_document(HUB_FILE.read_text(encoding="utf-8"))


@pytest.fixture
def arm(tmp_path: Path, hub: HubDocument) -> Iterator[Arm]:
    """Azure Resource Manager in its starting state, on a clock that stands still."""
    clock = HandSetClock()
    settings = Settings(tmp_path / "arm", tmp_path / "identity", hub)
    made = Arm(open_cloud(settings, clock), clock, settings)
    yield made
    made.cloud.store.database.close()


@dataclass
class Live:
    """A live server with its identity endpoint."""

    url: str
    identity_endpoint: str
    identity_header: str
    ca: Path
    tokens: Tokens
    hub: HubDocument
    session: requests.Session = field(default_factory=requests.Session)
    data_url: str = ""

    def token(self, resource: str = "https://management.azure.com") -> str:
        """A token for Azure Resource Manager, or for another resource."""
        url = f"{self.identity_endpoint}?api-version=2019-08-01&resource={resource}"
        headers = {"X-IDENTITY-HEADER": self.identity_header}
        return str(self.session.get(url, headers=headers, timeout=10).json()["access_token"])

    def call(
        self, method: str, path: str, version: str = NETWORK, body: Any = None, **more: Any
    ) -> requests.Response:
        """One authenticated request."""
        headers = {"Authorization": f"Bearer {self.token()}"} | more.get("headers", {})
        return self.session.request(
            method,
            self.url + path,
            params={"api-version": version},
            json=body,
            headers=headers,
            timeout=more.get("timeout", 20),
            verify=str(self.ca),
        )

    def local(self, method: str, path: str, body: Any = None) -> requests.Response:
        """A request to a control route."""
        url = f"{self.url}/_local/{path}"
        return self.session.request(method, url, json=body, timeout=20, verify=str(self.ca))


def certificates(directory: Path) -> tuple[Path, Path]:
    """A CA's certificate, and a server's key with its chain, as files."""
    authority = trustme.CA()
    ca, server = directory / "ca.pem", directory / "server.pem"
    authority.cert_pem.write_to_path(ca)
    certificate = authority.issue_cert("localhost", "127.0.0.1")
    certificate.private_key_and_cert_chain_pem.write_to_path(server)
    return ca, server


@contextlib.contextmanager
def running(
    directory: Path, hub: HubDocument, speed: float = 1000.0, *, event_grid: bool = False
) -> Iterator[Live]:
    """A live server in a thread of its own, on free ports."""
    ca, server = certificates(directory)
    header = str(uuid.uuid4())
    settings = Settings(directory / "arm", directory / "identity", hub, speed, event_grid)
    tokens = Tokens(settings.identity_state)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(server)
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()

    async def start() -> list[tuple[web.AppRunner, asyncio.Server]]:
        endpoint = Endpoint(tokens, automation_of(hub), header)
        started = []
        made = applications(settings)
        served = ((made.arm, context), (endpoint.application(), None), (made.data, context))
        for web_application, tls in served:
            runner = web.AppRunner(web_application, shutdown_timeout=0.1)
            await runner.setup()
            assert runner.server is not None
            server = await loop.create_server(runner.server, "127.0.0.1", 0, ssl=tls)
            started.append((runner, server))
        return started

    async def stop(started: list[tuple[web.AppRunner, asyncio.Server]]) -> None:
        for runner, server in reversed(started):
            server.close()
            server.abort_clients()
            await runner.cleanup()
            await server.wait_closed()
        left = asyncio.all_tasks() - {asyncio.current_task()}
        await asyncio.gather(*left, return_exceptions=True)

    started = asyncio.run_coroutine_threadsafe(start(), loop).result(20)
    ports = [server.sockets[0].getsockname()[1] for _, server in started]
    endpoint = f"http://127.0.0.1:{ports[1]}/msi/token"
    url, data = (f"https://localhost:{port}" for port in (ports[0], ports[2]))
    live = Live(url, endpoint, header, ca, tokens, hub, data_url=data)
    try:
        yield live
    finally:
        live.session.close()
        asyncio.run_coroutine_threadsafe(stop(started), loop).result(20)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(20)
        loop.close()


@pytest.fixture
def live(tmp_path: Path, hub: HubDocument) -> Iterator[Live]:
    """A live server in its starting state, a thousand times faster than Azure."""
    with running(tmp_path, hub) as started:
        yield started
