"""Which entries of the audit are asked for."""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Final

from landing_zone.arm_ids import is_legal, normalized
from landing_zone.audit import AuditEntry
from landing_zone.audit_trail.rows import EVERYTHING, Span, only
from landing_zone.contracts import Contract
from landing_zone.request_parsing import Fault, InvalidRequest
from landing_zone.tenants import is_tenant_id, tenant_of_operation

USUAL: Final = 100
"""Entries of a page where nobody says how many."""

MOST: Final = 500
LONGEST: Final = 256
"""Characters of a name, as an entry has them at most."""

_CHAIN: Final = re.compile(r"[a-z0-9][a-z0-9:._-]{0,127}")
_OPERATION: Final = re.compile(r"[a-z0-9-]{1,63}\.[0-9]{1,9}")
_SIZE: Final = re.compile(r"[0-9]{1,9}")
_NAMES: Final = ("operation", "action", "actor", "outcome")


class AuditFilter(Contract):
    """Which entries are asked for; what is empty is not asked about.

    Attributes:
        chain: Of which chain: a tenant's id, or the name of another one.
        operation: Of which operation.
        action: What was done.
        actor: Who asked for it.
        resource: Normalized ARM id of what it was done to, or of what that is below.
        outcome: How it ended.
        since: From when on.
        until: Before when.
    """

    chain: str = ""
    operation: str = ""
    action: str = ""
    actor: str = ""
    resource: str = ""
    outcome: str = ""
    since: datetime | None = None
    until: datetime | None = None

    @property
    def span(self) -> Span:
        """The chains that can hold such entries: a tenant's operations are in its own alone."""
        if self.chain:
            return only(self.chain)
        if _OPERATION.fullmatch(self.operation):
            return only(tenant_of_operation(self.operation))
        return EVERYTHING

    def matches(self, entry: AuditEntry) -> bool:
        """Whether an entry is asked for."""
        names = (entry.operation_id, entry.action, entry.actor, entry.outcome)
        wanted = (self.operation, self.action, self.actor, self.outcome)
        return (
            all(not one or one == name for one, name in zip(wanted, names, strict=True))
            and (self.since is None or self.since <= entry.at)
            and (self.until is None or entry.at < self.until)
            and (not self.resource or _is_below(entry.resource, self.resource))
        )


def _is_below(resource: str, above: str) -> bool:
    return f"{normalized(resource)}/".startswith(f"{above}/")


class Asked(Contract):
    """A page that is asked for.

    Attributes:
        filter: Which entries.
        top: How many at most.
        continuation: What the page before it ended with; empty for the first one.
    """

    filter: AuditFilter
    top: int = USUAL
    continuation: str = ""


def parse_asked(params: Mapping[str, str]) -> Asked:
    """Read what is asked for from the parameters of a request.

    Raises:
        InvalidRequest: It is not understood; lists everything that is wrong.
    """
    faults: list[Fault] = []
    chain = chain_of_params(params, faults)
    names = {name: params.get(name, "") for name in _NAMES}
    faults += [
        Fault(name, "is no such name", f"printable text of 1 to {LONGEST} characters")
        for name, value in names.items()
        if len(value) > LONGEST or not value.isprintable()
    ]
    resource = params.get("resource", "")
    if resource and not is_legal(resource):
        faults.append(Fault("resource", "is no ARM id", "an id, or one that is above it"))
    since, until = (_moment(params, name, faults) for name in ("from", "to"))
    if since is not None and until is not None and until <= since:
        faults.append(Fault("to", "is not after from", "a later moment"))
    top = params.get("top", "") or str(USUAL)
    if not _SIZE.fullmatch(top) or not 1 <= int(top) <= MOST:
        faults.append(Fault("top", "is not a page size", f"1 to {MOST}"))
    if faults:
        raise InvalidRequest(faults)
    wanted = AuditFilter(
        chain=chain, resource=normalized(resource), since=since, until=until, **names
    )
    return Asked(filter=wanted, top=int(top), continuation=params.get("continuation", ""))


def chain_of_params(params: Mapping[str, str], faults: list[Fault]) -> str:
    """The chain that parameters name, as a tenant or by its name; empty where they name none."""
    tenant, chain = params.get("tenant", ""), params.get("chain", "")
    if tenant and not is_tenant_id(tenant):
        faults.append(Fault("tenant", "is no tenant's id", "a-z, 0-9 and -"))
    if chain and not _CHAIN.fullmatch(chain):
        faults.append(Fault("chain", "is no name of a chain", "as hub:hub-weu:firewall"))
    if tenant and chain:
        faults.append(Fault("chain", "is named beside a tenant", "tenant or chain"))
    return tenant or chain


def _moment(params: Mapping[str, str], name: str, faults: list[Fault]) -> datetime | None:
    text = params.get(name, "")
    if not text:
        return None
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        found = None
    if found is None or found.tzinfo is None:
        faults.append(Fault(name, "is no moment", "as 2026-03-14T12:00:00Z, with its zone"))
        return None
    return found
