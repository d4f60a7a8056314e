"""The routes under `/_local`: for tests, the demo and whoever wants to look."""

import json
from typing import Any

from aiohttp import web

from localcloud.arm.errors import ArmError
from localcloud.arm.gateway import Gateway
from localcloud.arm.placing import hidden
from localcloud.arm.rendering import render
from localcloud.arm.routes.management_groups import shown as shown_group
from localcloud.arm.routes.management_groups import shown_member
from localcloud.arm.seed import seed
from localcloud.arm.state.records import Record
from localcloud.arm.world import Cloud

_BATCH = 500


class Control:
    """Answers without authentication: only this machine can reach it."""

    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway
        self._cloud = gateway.cloud

    def routes(self) -> list[web.RouteDef]:
        """The routes."""
        return [
            web.get("/_local/health", self.health),
            web.get("/_local/requests", self.requests),
            web.get("/_local/resources", self.resources),
            web.get("/_local/events", self.events),
            web.get("/_local/profile", self.profile),
            web.get("/_local/faults", self.faults),
            web.post("/_local/faults", self.add_fault),
            web.delete("/_local/faults", self.remove_faults),
            web.delete("/_local/faults/{id}", self.remove_faults),
            web.post("/_local/reset", self.reset),
        ]

    async def health(self, _: web.Request) -> web.Response:
        """Ready."""
        return web.json_response({"status": "healthy"})

    async def requests(self, request: web.Request) -> web.StreamResponse:
        """The log of exchanges as JSON Lines, in batches so that memory stays bounded."""
        response = web.StreamResponse(headers={"Content-Type": "application/x-ndjson"})
        await response.prepare(request)
        since = _number(request, "since")
        while batch := self._gateway.journal.lines(since, _BATCH):
            since = batch[-1][0]
            lines = (json.dumps({"n": number} | entry) for number, entry in batch)
            await response.write("".join(f"{line}\n" for line in lines).encode())
        await response.write_eof()
        return response

    async def resources(self, _: web.Request) -> web.Response:
        """Every resource of every scope, each as it is answered to a GET."""
        self._cloud.settle()
        records = self._cloud.store.everything()
        shown = [shown_record(self._cloud, one) for one in records if _is_resource(one)]
        return web.json_response(shown)

    async def events(self, request: web.Request) -> web.Response:
        """The outbox, after the number `since`."""
        self._cloud.settle()
        entries = self._cloud.store.database.log_since("events", _number(request, "since"), _BATCH)
        return web.json_response([{"n": number, "event": event} for number, event in entries])

    async def profile(self, _: web.Request) -> web.Response:
        """How long each type takes, in Azure and here."""
        return web.json_response(self._cloud.profile.document())

    async def faults(self, _: web.Request) -> web.Response:
        """The faults in force."""
        return web.json_response(self._gateway.faults.all())

    async def add_fault(self, request: web.Request) -> web.Response:
        """Put a fault in force."""
        try:
            fault = self._gateway.faults.add(json.loads(await request.read()), self._cloud.now())
        except ValueError as error:
            return _refused("InvalidFault", f"The body is not JSON: {error}")
        except ArmError as error:
            return _refused(error.code, error.message)
        return web.json_response(fault.shown(), status=201)

    async def remove_faults(self, request: web.Request) -> web.Response:
        """Remove a fault, or all; what was stuck goes on."""
        self._cloud.settle()
        gone = self._gateway.faults.remove(request.match_info.get("id", ""))
        with self._cloud.store.transaction():
            for operation in self._cloud.store.running():
                if operation.stuck in gone:
                    operation.stuck = ""
                    operation.due = max(operation.due, self._cloud.now())
                    self._cloud.store.save(operation)
        return web.json_response({"removed": gone})

    async def reset(self, _: web.Request) -> web.Response:
        """Back to the starting state; the log, the events and the faults are emptied too."""
        self._cloud.store.database.clear()
        self._cloud.store.reload()
        self._gateway.faults.forget()
        self._gateway.throttle.clear()
        seed(self._cloud)
        return web.json_response({"status": "reset"})


def _refused(code: str, message: str) -> web.Response:
    return web.json_response({"error": {"code": code, "message": message}}, status=400)


def _number(request: web.Request, name: str) -> int:
    text = request.query.get(name, "0")
    return int(text) if text.isdecimal() else 0


def _is_resource(record: Record) -> bool:
    return record.type != "Microsoft.Resources/providers"


def shown_record(cloud: Cloud, record: Record) -> dict[str, Any]:
    """Any record as its GET would answer it."""
    match record.type:
        case "Microsoft.Resources/subscriptions":
            return {"id": record.id, "type": record.type} | record.body
        case "Microsoft.Management/managementGroups":
            return shown_group(cloud, record)
        case "Microsoft.Management/managementGroups/subscriptions":
            return shown_member(cloud, record) | ({"hidden": True} if hidden(cloud, record) else {})
        case _:
            return render(cloud.store, record)
