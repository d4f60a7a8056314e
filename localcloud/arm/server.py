"""Everything put together: from a state directory to a web application."""

import ssl
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

from aiohttp import web

from landing_zone.hub import HubDocument
from localcloud.arm.authentication import Authenticator
from localcloud.arm.catalogue import TYPES
from localcloud.arm.clock import Clock, SystemClock
from localcloud.arm.control import Control
from localcloud.arm.data_planes import server as data_planes
from localcloud.arm.data_planes.frame import DataCloud
from localcloud.arm.deleting import member_ended
from localcloud.arm.event_feed import EventFeed
from localcloud.arm.faults.plan import FaultPlan
from localcloud.arm.gateway import Gateway
from localcloud.arm.journal import Journal
from localcloud.arm.outcomes import (
    delete_ended,
    group_ended,
    hold_ended,
    registration_ended,
    write_ended,
)
from localcloud.arm.profile import Profile
from localcloud.arm.routes import aliases, power
from localcloud.arm.seed import seed
from localcloud.arm.state.database import Database
from localcloud.arm.state.store import Store
from localcloud.arm.throttling import Throttle
from localcloud.arm.world import Cloud
from localcloud.identity.tokens import Tokens

_DATABASE = "arm.sqlite"
_OPERATIONS_KEPT = 24 * 3600.0  # seconds
OUTCOMES = MappingProxyType(
    {
        "write": write_ended,
        "delete": delete_ended,
        "member": member_ended,
        "group": group_ended,
        "hold": hold_ended,
        "register": registration_ended,
        "alias": aliases.ended,
        "start": power.ended,
        "stop": power.ended,
    }
)


@dataclass(frozen=True, slots=True)
class Settings:
    """What a server is made from.

    Attributes:
        state: Directory of the database.
        identity_state: Directory of the key that tokens are signed with.
        hub: The starting state.
        speed: How many times faster than Azure.
        event_grid: Whether Event Grid is there: webhooks of event subscriptions prove themselves.
    """

    state: Path
    identity_state: Path
    hub: HubDocument
    speed: float = 1.0
    event_grid: bool = False


def open_cloud(settings: Settings, clock: Clock) -> Cloud:
    """The cloud of a state directory, with its starting state in place."""
    store = Store(Database(settings.state / _DATABASE), TYPES)
    profile = Profile(settings.speed)
    cloud = Cloud(store, TYPES, clock, profile, settings.hub, OUTCOMES, settings.event_grid)
    seed(cloud)
    store.forget_ended(clock.now() - _OPERATIONS_KEPT)
    return cloud


class Applications(NamedTuple):
    """The web applications of a state directory; they are served, and end, together.

    Attributes:
        arm: Azure Resource Manager; it closes the database when it ends, so it ends last.
        data: The data planes of what it made.
    """

    arm: web.Application
    data: web.Application


def applications(settings: Settings, clock: Clock | None = None) -> Applications:
    """The web applications of a state directory."""
    cloud = open_cloud(settings, clock or SystemClock())
    tokens = Tokens(settings.identity_state)
    gateway = Gateway(
        cloud,
        Authenticator(tokens, cloud.directory),
        Throttle(settings.speed),
        FaultPlan(cloud.store.database, settings.speed),
        Journal(cloud.store.database),
    )
    made = web.Application(client_max_size=0)
    made.add_routes(Control(gateway).routes())
    feed = EventFeed(cloud, gateway.authenticator)
    made.add_routes(feed.routes())
    made.on_shutdown.append(feed.end)
    made.router.add_route("*", "/{path:.*}", gateway.answer)

    async def close(_: web.Application) -> None:
        cloud.store.database.close()

    made.on_cleanup.append(close)
    data = data_planes.application(DataCloud(cloud, tokens, gateway.faults))
    return Applications(made, data)


def tls(certificate: Path) -> ssl.SSLContext:
    """A server's TLS from a PEM file with key and chain."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    return context
