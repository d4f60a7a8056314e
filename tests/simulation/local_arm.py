"""The genuine adapters on the genuine local Azure Resource Manager, without HTTP between them.

The gateway gets the very bytes that azure-core would send, and the adapter the very bytes that the
server would answer; only sockets, TLS and the signature of tokens are left out. The application's
time is virtual, so each latency of `latency.yaml` is kept in full.
"""

import asyncio
import json
import random
import uuid
from collections.abc import Awaitable, Callable, Sequence
from functools import cache
from http import HTTPStatus
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final, NamedTuple
from urllib.parse import parse_qsl, unquote, urlsplit

from azure.core.exceptions import ServiceRequestError, ServiceResponseError
from azure.core.rest import HttpRequest
from azure.core.utils import CaseInsensitiveDict

from azure_adapters.api_keys import ArmApiKeys
from azure_adapters.arm import ArmResourceManager
from azure_adapters.paced import Paced
from azure_adapters.pipeline import READ_SECONDS, Pipeline
from azure_adapters.search_indexes import AiSearchIndexes
from azure_adapters.vault_secrets import KeyVaultSecrets
from landing_zone.hub import HubDocument
from landing_zone.pacing.pacer import Pacer
from landing_zone.pacing.settings import PaceSettings
from localcloud.arm.authentication import Authenticator
from localcloud.arm.catalogue import TYPES
from localcloud.arm.control import shown_record
from localcloud.arm.data_planes import key_vault, search
from localcloud.arm.data_planes.frame import DataCloud, Plane
from localcloud.arm.data_planes.frame import _answer as data_answer
from localcloud.arm.exchange import Answer, Call
from localcloud.arm.faults.documents import Effect, Match
from localcloud.arm.faults.plan import Fault, FaultPlan, fits
from localcloud.arm.gateway import Gateway
from localcloud.arm.journal import Journal
from localcloud.arm.profile import Profile
from localcloud.arm.seed import seed
from localcloud.arm.server import OUTCOMES
from localcloud.arm.state.database import Database
from localcloud.arm.state.store import Store
from localcloud.arm.throttling import Throttle
from localcloud.arm.world import Cloud
from localcloud.identity.tokens import Tokens
from tests.fakes import FakeClock

ENDPOINT: Final = "https://management.azure.com"
DATA_ENDPOINT: Final = "https://data-planes.azure.com"
TRIP_SECONDS: Final = 0.05
"""What an exchange with ARM takes beside the work that it asks for."""

_BEARER: Final = {"authorization": "Bearer of the application"}
_MEMORY: Final = Path(":memory:")
_BREAKS: Final = frozenset({"reset-before", "reset-after", "timeout-after"})
_PLANES: Final = {
    "vaults": Plane(key_vault.AUDIENCE, key_vault.work),
    "search": Plane(search.AUDIENCE, search.work),
}


class Exchange(NamedTuple):
    """One exchange with ARM.

    Attributes:
        at: Virtual seconds since the epoch.
        method: Its method.
        path: Its path.
        status: The answer's; None where the connection was broken.
    """

    at: float
    method: str
    path: str
    status: int | None


class _Answer:
    """As much of azure-core's response as the adapter looks at."""

    def __init__(self, status: int, headers: dict[str, str], body: str) -> None:
        self.status_code = status
        self.headers = CaseInsensitiveDict(headers)
        self.content = body.encode()


class _Seconds:
    """The local cloud's clock, from ours."""

    def __init__(self, clock: FakeClock) -> None:
        self._clock = clock

    def now(self) -> float:
        """Seconds since the epoch."""
        return self._clock.now().timestamp()


class _Known(Authenticator):
    """Everyone is the application: signatures are checked by tests of their own."""

    def __init__(self, principal: str) -> None:
        self._claims = MappingProxyType({"oid": principal})

    def claims(self, authorization: str, now: float) -> Any:  # noqa: ARG002 - the signature is given
        """The application's claims."""
        return self._claims


class _Everyone(Tokens):
    """The same for the data planes."""

    def __init__(self, principal: str) -> None:
        self._claims = {"oid": principal}

    def verify(
        self,
        token: str,  # noqa: ARG002
        audiences: Sequence[str],  # noqa: ARG002
        directory_id: str,  # noqa: ARG002
    ) -> dict[str, Any]:
        """The application's claims."""
        return self._claims


class _Line(Pipeline):
    """The application's pipeline, on a client that ends here: one request, one answer."""

    def __init__(self, answer: Callable[[HttpRequest], Awaitable[_Answer]]) -> None:
        self._answer = answer
        client: Any = self
        self._client = client

    async def send_request(self, request: HttpRequest, **_timeouts: Any) -> _Answer:
        """Send a request; raises as azure-core does where the connection breaks."""
        return await self._answer(request)


class LocalArm:
    """Azure Resource Manager in this process.

    Attributes:
        cloud: What it holds.
        gateway: Its way in.
        log: Every exchange.
        on_answer: Told each request with its answer.
    """

    def __init__(self, clock: FakeClock, hub: HubDocument) -> None:
        """Begin in the starting state of the hub document."""
        database = Database(_MEMORY)
        _seeded(hub, clock).backup(database._connection)
        store = Store(database, TYPES)
        self.cloud = Cloud(store, TYPES, _Seconds(clock), _profile(), hub, OUTCOMES)
        principal = str(hub.automation_principal_id)
        self.gateway = Gateway(
            self.cloud,
            _Known(principal),
            Throttle(1.0),
            FaultPlan(database, 1.0),
            Journal(database),
        )
        self._data = DataCloud(self.cloud, _Everyone(principal), self.gateway.faults)
        self.log: list[Exchange] = []
        self.on_answer: Callable[[Call, Answer], None] | None = None

    def ports(self) -> dict[str, Any]:
        """The application's adapters, speaking with this."""
        line = _Line(self._exchange)
        pacer = Pacer(PaceSettings())
        paced = Paced(line, pacer, now=self.cloud.now, chance=random.Random(0).random)  # noqa: S311
        arm = _adapter(ArmResourceManager, ENDPOINT, paced)
        return {
            "arm": arm,
            "background_arm": arm.in_background(),
            "api_keys": ArmApiKeys(arm),
            "vaults": _adapter(KeyVaultSecrets, f"{DATA_ENDPOINT}/vaults/{{name}}", line),
            "indexes": _adapter(AiSearchIndexes, f"{DATA_ENDPOINT}/search/{{name}}", line),
        }

    def inject(self, document: dict[str, Any]) -> Fault:
        """Put a fault in force."""
        return self.gateway.faults.add(document, self.cloud.now())

    @staticmethod
    def fits(match: dict[str, Any], call: Call) -> bool:
        """Whether a request is one that a fault with this match would strike."""
        return fits(Match.model_validate(match), call)

    def resources(self) -> list[dict[str, Any]]:
        """Everything that it holds, as the control route shows it."""
        self.cloud.settle()
        return [
            shown_record(self.cloud, record)
            for record in self.cloud.store.everything()
            if record.type != "Microsoft.Resources/providers"
        ]

    def close(self) -> None:
        """Forget everything."""
        self.cloud.store.database.close()

    async def _exchange(self, request: HttpRequest) -> _Answer:
        """Answer a request, or break the connection where a fault asks for it."""
        await asyncio.sleep(TRIP_SECONDS / 2)
        call = _call_of(request)
        fault, answer = self._answered(call)
        effect = fault.document.effect if fault is not None else None
        broken = effect is not None and effect.kind in _BREAKS
        if self.on_answer is not None:
            self.on_answer(call, answer)
        self._note(call, None if broken else answer.status)
        await asyncio.sleep(TRIP_SECONDS / 2 + answer.hold)
        if effect is not None and broken:
            await self._break(effect)
        if answer.status == HTTPStatus.INTERNAL_SERVER_ERROR and fault is None:
            raise AssertionError(f"the local cloud failed on {call.method} {call.path}")
        text = "" if answer.body is None else json.dumps(answer.body)
        return _Answer(answer.status, answer.headers, text)

    def _answered(self, call: Call) -> tuple[Fault | None, Answer]:
        plane = _PLANES.get(call.path.split("/")[1])
        if plane is None:
            return self.gateway._answer(call)
        return data_answer(self._data, plane, call)

    @staticmethod
    async def _break(effect: Effect) -> None:
        if effect.kind == "reset-before":
            raise ServiceRequestError("the connection was reset")
        if effect.kind == "timeout-after":
            await asyncio.sleep(min(READ_SECONDS, effect.seconds))
        raise ServiceResponseError("the connection was reset")

    def _note(self, call: Call, status: int | None) -> None:
        self.log.append(Exchange(self.cloud.now(), call.method, call.path, status))


def _adapter(kind: type[Any], endpoint: str, line: Pipeline | Paced) -> Any:
    """An adapter as it is, but for the line that it speaks on."""
    made: Any = object.__new__(kind)
    made._endpoint, made._pipeline = endpoint, line
    return made


def _call_of(request: HttpRequest) -> Call:
    url = urlsplit(request.url)
    content = request.content
    return Call(
        method=request.method,
        path=unquote(url.path),
        query={name.lower(): value for name, value in parse_qsl(url.query)},
        headers={name.lower(): value for name, value in request.headers.items()} | _BEARER,
        content=content.encode() if isinstance(content, str) else content or b"",
        base_url=f"{url.scheme}://{url.netloc}",
        request_id=str(uuid.uuid4()),
    )


@cache
def _profile() -> Profile:
    return Profile(1.0)


_SEEDS: dict[int, Any] = {}


def _seeded(hub: HubDocument, clock: FakeClock) -> Any:
    """The starting state, made once for each hub document."""
    if id(hub) not in _SEEDS:
        database = Database(_MEMORY)
        store = Store(database, TYPES)
        seed(Cloud(store, TYPES, _Seconds(clock), _profile(), hub, OUTCOMES))
        _SEEDS[id(hub)] = hub, database
    return _SEEDS[id(hub)][1]._connection
