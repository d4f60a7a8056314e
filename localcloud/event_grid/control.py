"""What Event Grid answers itself: the address of a handshake, and the routes under `/_local`."""

import json

from aiohttp import web

from localcloud.event_grid.faults import FaultError, Faults
from localcloud.event_grid.handshakes import Handshakes
from localcloud.event_grid.state import State

_BATCH = 1_000


class Control:
    """Answers without authentication: only this machine can reach it."""

    def __init__(self, state: State, faults: Faults, handshakes: Handshakes) -> None:
        self._state = state
        self._faults = faults
        self._handshakes = handshakes

    def application(self) -> web.Application:
        """The web application."""
        made = web.Application()
        made.add_routes(
            [
                web.get("/eventsubscriptions/{name}/validate", self.validate),
                web.get("/_local/health", self.health),
                web.get("/_local/events", self.events),
                web.get("/_local/events/summary", self.summary),
                web.get("/_local/events/faults", self.faults),
                web.post("/_local/events/faults", self.add_fault),
                web.delete("/_local/events/faults", self.remove_faults),
                web.delete("/_local/events/faults/{id}", self.remove_faults),
            ]
        )
        return made

    async def validate(self, request: web.Request) -> web.Response:
        """Someone vouches for a webhook."""
        query = request.query
        if self._handshakes.validate(query.get("id", ""), query.get("token", "")):
            return web.json_response("Webhook successfully validated as a subscription endpoint.")
        return web.json_response(
            "The validation URL is not known, or its time is over.", status=404
        )

    async def health(self, _: web.Request) -> web.Response:
        """Ready."""
        return web.json_response({"status": "healthy"})

    async def events(self, request: web.Request) -> web.Response:
        """What became of each event after the number `since`, up to `limit` of them."""
        since = _number(request, "since", 0)
        limit = min(_number(request, "limit", _BATCH), _BATCH)
        return web.json_response(self._state.fates(since, limit))

    async def summary(self, _: web.Request) -> web.Response:
        """How many deliveries of each subscription are in each state, ever."""
        return web.json_response(self._state.totals())

    async def faults(self, _: web.Request) -> web.Response:
        """The faults in force."""
        return web.json_response(self._faults.all())

    async def add_fault(self, request: web.Request) -> web.Response:
        """Put a fault in force."""
        try:
            fault = self._faults.add(json.loads(await request.read()))
        except (ValueError, RecursionError) as error:
            return _refused(f"The body is not JSON: {error}")
        except FaultError as error:
            return _refused(f"The fault is not valid: {error}")
        return web.json_response(fault.shown(), status=201)

    async def remove_faults(self, request: web.Request) -> web.Response:
        """Remove a fault, or all."""
        gone = self._faults.remove(request.match_info.get("id", ""))
        return web.json_response({"removed": gone})


def _refused(message: str) -> web.Response:
    error = {"error": {"code": "InvalidFault", "message": message}}
    return web.json_response(error, status=400)


def _number(request: web.Request, name: str, default: int) -> int:
    text = request.query.get(name, "")
    return int(text) if text.isdecimal() else default
