"""Reading the audit: a page of its entries, and whether a chain is whole."""

from typing import Final, NamedTuple

from activities.dependencies import Dependencies
from landing_zone.audit_trail.continuations import (
    continuation_behind,
    not_continued,
    parse_continuation,
)
from landing_zone.audit_trail.filters import Asked
from landing_zone.audit_trail.rows import Head, KeptRow, Place, only
from landing_zone.audit_trail.verifying import ChainCheck, ChainFault, FaultKind, Receipt
from landing_zone.errors import PermanentError
from landing_zone.lifecycle import TenantState
from landing_zone.ports import Page
from landing_zone.tenants import is_tenant_id

SCANNED: Final = 5_000
"""Rows that are looked at for one page, so that a rare entry does not cost a whole audit."""

_NOT_BEGUN: Final = frozenset({TenantState.REQUESTED, TenantState.AWAITING_APPROVAL})


class Verdict(NamedTuple):
    """What the verification of a chain has found.

    Attributes:
        length: How many records are good, from the first.
        hash: Hash of the last of them.
        fault: What is wrong first; None where the chain is whole.
    """

    length: int
    hash: str
    fault: ChainFault | None


async def audit_page(deps: Dependencies, asked: Asked) -> Page[KeptRow]:
    """The rows that are asked for; a row that cannot be read is among them, whatever is asked.

    Raises:
        InvalidRequest: The continuation is not one that these filters were answered with, or its
            row is not there any more.
    """
    after = await _after(deps, asked)
    found: list[KeptRow] = []
    last: KeptRow | None = None
    scanned = 0
    async for row in deps.trail.rows(asked.filter.span, after):
        if last is not None and (len(found) == asked.top or scanned == SCANNED):
            return Page(tuple(found), continuation_behind(last, asked.filter).text)
        if row.record is None or asked.filter.matches(row.record.entry):
            found.append(row)
        last = row
        scanned += 1
    return Page(tuple(found), "")


async def _after(deps: Dependencies, asked: Asked) -> Place | None:
    if not asked.continuation:
        return None
    given = parse_continuation(asked.continuation, asked.filter)
    row = await deps.trail.row(given.place)
    if row is None or continuation_behind(row, asked.filter) != given:
        raise not_continued()
    return given.place


async def verify_chain(deps: Dependencies, chain: str, receipt: Receipt | None = None) -> Verdict:
    """Look at every row of a chain, and at its head.

    Raises:
        PermanentError: There is no such chain (`AuditChainNotFound`), nor a tenant that it should
            be of.
    """
    head = await deps.trail.head(chain)
    check = ChainCheck(chain, head, receipt)
    fault = await _fault_of_rows(deps, chain, check, head)
    if fault is None:
        fault = await _fault_of_marks(deps, chain, head)
    if head is None and check.last is not None and await deps.trail.head(chain) is not None:
        # It was begun while it was being read.
        return await verify_chain(deps, chain, receipt)
    if head is None and fault is None:
        fault = await _fault_of_nothing(deps, chain)
    return Verdict(check.length, check.head_hash, fault)


async def _fault_of_rows(
    deps: Dependencies, chain: str, check: ChainCheck, head: Head | None
) -> ChainFault | None:
    async for row in deps.trail.rows(only(chain)):
        if check.is_behind_the_head(row):
            return check.end() or await _fault_behind(deps, chain, row.place.number or 0, head)
        if fault := check.add(row):
            return fault
    return check.end()


async def _fault_behind(
    deps: Dependencies, chain: str, number: int, head: Head | None
) -> ChainFault | None:
    """What is wrong with a row behind the end: nothing, where the chain has grown meanwhile."""
    latest = await deps.trail.head(chain)
    if latest is not None and latest.length >= number:
        return None
    end = head.length if head else 0
    reason = f"a row stands here, and the head says that the chain ends at {end}"
    return ChainFault(number, FaultKind.PUT_IN, reason)


async def _fault_of_marks(deps: Dependencies, chain: str, head: Head | None) -> ChainFault | None:
    """Whether an event is marked as noted behind the end: who cuts it off may forget the marks."""
    end = head.length if head else 0
    highest = end
    async for number in deps.trail.noted(chain):
        highest = max(highest, number)
    if highest == end:
        return None
    latest = await deps.trail.head(chain)
    if latest is not None and latest.length >= highest:
        return None
    reason = f"an event is marked as noted in record {highest}, and the chain ends at {end}"
    return ChainFault(end + 1, FaultKind.CUT_OFF, reason)


async def _fault_of_nothing(deps: Dependencies, chain: str) -> ChainFault | None:
    """What is wrong with a chain of which nothing is there.

    Raises:
        PermanentError: Nothing should be there.
    """
    found = await deps.registry.get(chain) if is_tenant_id(chain) else None
    if found is None:
        raise PermanentError("AuditChainNotFound", "there is no such chain in the audit")
    if found.value.operations == 1 and found.value.state in _NOT_BEGUN:
        return None
    reason = f"nothing is noted of the tenant, which is {found.value.state.value}"
    return ChainFault(1, FaultKind.CUT_OFF, reason)
