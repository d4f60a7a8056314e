"""The web application of all data planes."""

from collections.abc import Callable, Sequence

from aiohttp import web

from localcloud.arm.data_planes import gateway, key_vault, search
from localcloud.arm.data_planes.frame import DataCloud

# A service more is a module more: its `routes` are given the cloud, and answer below a path of
# their own.
MODULES: tuple[Callable[[DataCloud], Sequence[web.RouteDef]], ...] = (
    key_vault.routes,
    search.routes,
    gateway.routes,
)


def application(world: DataCloud) -> web.Application:
    """The web application of the data planes of a cloud."""
    made = web.Application(client_max_size=0)
    made.router.add_get("/_local/health", _health)
    for routes in MODULES:
        made.add_routes(list(routes(world)))
    return made


async def _health(_: web.Request) -> web.Response:
    """Ready."""
    return web.json_response({"status": "healthy"})
