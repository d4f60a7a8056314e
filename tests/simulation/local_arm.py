"""The genuine adapter on the genuine local Azure Resource Manager, without HTTP between them.

The gateway gets the very bytes that azure-core would send, and the adapter the very bytes that the
server would answer; only sockets, TLS and the signature of tokens are left out. The application's
time is virtual, so each latency of `latency.yaml` is kept in full.
"""

import asyncio
import json
import uuid
from functools import cache
from http import HTTPStatus
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, NamedTuple
from urllib.parse import parse_qsl, unquote, urlsplit

from azure.core.exceptions import ServiceRequestError, ServiceResponseError
from azure.core.rest import HttpRequest
from azure.core.utils import CaseInsensitiveDict

from azure_adapters.arm import READ_SECONDS, ArmResourceManager
from landing_zone.hub import HubDocument
from localcloud.arm.authentication import Authenticator
from localcloud.arm.catalogue import TYPES
from localcloud.arm.control import shown_record
from localcloud.arm.exchange import Answer, Call
from localcloud.arm.faults.documents import Match
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
from localcloud.identity.tokens import identity_of
from tests.fakes import FakeClock

if TYPE_CHECKING:
    from collections.abc import Callable

ENDPOINT: Final = "https://management.azure.com"
TRIP_SECONDS: Final = 0.05
"""What an exchange with ARM takes beside the work that it asks for."""

_MEMORY: Final = Path(":memory:")


class Exchange(NamedTuple):
    """One exchange with ARM.

    Attributes:
        at: Virtual seconds since the epoch.
        method: Its method.
        path: Its path.
        status: The answer's; None where the connection was broken.
        code: The error's code.
    """

    at: float
    method: str
    path: str
    status: int | None
    code: str


class _Answer:
    """As much of azure-core's response as the adapter looks at."""

    def __init__(self, status: int, headers: dict[str, str], body: str) -> None:
        self.status_code = status
        self.headers = CaseInsensitiveDict(headers)
        self._body = body

    def text(self) -> str:
        """The body."""
        return self._body

    def json(self) -> Any:
        """The body, read."""
        return json.loads(self._body)


class _Seconds:
    """The local cloud's clock, from ours."""

    def __init__(self, clock: FakeClock) -> None:
        self._clock = clock

    def now(self) -> float:
        """Seconds since the epoch."""
        return self._clock.now().timestamp()


class _Known(Authenticator):
    """Everyone is the application: signatures are checked by tests of their own."""

    def __init__(self, directory_id: str) -> None:
        self._claims = MappingProxyType({"oid": identity_of(directory_id).object_id})

    def claims(self, authorization: str, now: float) -> Any:  # noqa: ARG002 - the signature is given
        """The application's claims."""
        return self._claims


class _Pipeline:
    """azure-core's client, as far as the adapter uses it: one request, one answer."""

    def __init__(self, arm: "LocalArm") -> None:
        self._arm = arm

    async def send_request(self, request: HttpRequest, **_timeouts: Any) -> _Answer:
        """Send a request; raises as azure-core does where the connection breaks."""
        return await self._arm.exchange(request)


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
        self.gateway = Gateway(
            self.cloud,
            _Known(self.cloud.directory),
            Throttle(1.0),
            FaultPlan(database, 1.0),
            Journal(database),
        )
        self.log: list[Exchange] = []
        self.on_answer: "Callable[[Call, Answer], None] | None" = None

    def adapter(self) -> ArmResourceManager:
        """The application's adapter, speaking with this."""
        return _InProcess(_Pipeline(self))

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

    async def exchange(self, request: HttpRequest) -> _Answer:
        """Answer a request, or break the connection where a fault asks for it."""
        await asyncio.sleep(TRIP_SECONDS / 2)
        call = _call_of(request)
        fault, answer = self.gateway._answer(call)
        effect = fault.document.effect if fault is not None else None
        broken = effect is not None and effect.kind in {
            "reset-before",
            "reset-after",
            "timeout-after",
        }
        if self.on_answer is not None:
            self.on_answer(call, answer)
        error = (answer.body or {}).get("error") if isinstance(answer.body, dict) else None
        self.log.append(
            Exchange(
                self.cloud.now(),
                call.method,
                call.path,
                None if broken else answer.status,
                str((error or {}).get("code", "")),
            )
        )
        await asyncio.sleep(TRIP_SECONDS / 2 + answer.hold)
        if effect is not None and effect.kind == "timeout-after":
            await asyncio.sleep(min(READ_SECONDS, effect.seconds))
        if effect is not None and effect.kind == "reset-before":
            raise ServiceRequestError("the connection was reset")
        if broken:
            raise ServiceResponseError("the connection was reset")
        if answer.status == HTTPStatus.INTERNAL_SERVER_ERROR and fault is None:
            raise AssertionError(f"the local cloud failed on {call.method} {call.path}")
        text = "" if answer.body is None else json.dumps(answer.body)
        return _Answer(answer.status, answer.headers, text)


class _InProcess(ArmResourceManager):
    """The adapter, on another client."""

    def __init__(self, client: Any) -> None:
        self._endpoint = ENDPOINT
        self._client = client


def _call_of(request: HttpRequest) -> Call:
    url = urlsplit(request.url)
    content = request.content
    return Call(
        method=request.method,
        path=unquote(url.path),
        query={name.lower(): value for name, value in parse_qsl(url.query)},
        headers={name.lower(): value for name, value in request.headers.items()},
        content=content.encode() if isinstance(content, str) else content or b"",
        base_url=ENDPOINT,
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
