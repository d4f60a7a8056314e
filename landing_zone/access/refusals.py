"""Refusals of callers, and what the audit says of them.

An entry holds nothing that a caller could choose freely: who it was, as far as that is vouched for,
what it was about, and why. Only the id of a tenant is the caller's own text, where it is one.
"""

from datetime import datetime
from enum import StrEnum
from typing import Final

from landing_zone.access.principal import Principal
from landing_zone.access.table import Action
from landing_zone.audit import AuditEntry
from landing_zone.errors import PermanentError

CHAIN: Final = "access:refusals"
"""The audit chain of refusals; no tenant's id has a colon in it."""

ANONYMOUS: Final = "anonymous"
"""The actor of an entry on a caller whom nobody vouches for."""

UNAUTHENTICATED: Final = "Unauthenticated"
FORBIDDEN: Final = "Forbidden"


class Reason(StrEnum):
    """Why a caller was refused."""

    NOT_SIGNED_IN = "not-signed-in"
    NOT_TRUSTED = "authentication-is-off"
    MALFORMED = "malformed-principal"
    CONTRADICTORY = "contradictory-principal"
    FOREIGN = "foreign-directory"
    NO_ROLE = "no-role-for-it"
    NOT_OWN = "not-an-own-tenant"
    TAKEN = "tenant-of-another"
    OWN_REQUEST = "own-request"
    HELD = "suspended-by-an-operator"


class AccessRefused(PermanentError):  # noqa: N818 - what happened to a caller
    """A caller may not do what it asked for.

    Attributes:
        reason: Why, for the audit; the caller is told the message only.
        principal: Who it was, where somebody vouches for that.
        tenant_id: The tenant that it was about, or empty.
    """

    def __init__(
        self,
        code: str,
        message: str,
        reason: Reason,
        *,
        hint: str = "",
        principal: Principal | None = None,
        tenant_id: str = "",
    ) -> None:
        super().__init__(code, message, hint)
        self.reason = reason
        self.principal = principal
        self.tenant_id = tenant_id


def unauthenticated(reason: Reason) -> AccessRefused:
    """Nobody vouches for who it is: HTTP 401. The caller is not told what exactly is wrong."""
    return AccessRefused(
        UNAUTHENTICATED,
        "it is not known who asks",
        reason,
        hint="sign in, and send the access token as Authorization: Bearer",
    )


def forbidden(principal: Principal, reason: Reason, message: str, hint: str) -> AccessRefused:
    """It is known who it is, and that it may not: HTTP 403."""
    return AccessRefused(FORBIDDEN, message, reason, hint=hint, principal=principal)


def entry_of(
    refusal: AccessRefused, action: Action, event: str, unwritten: int, now: datetime
) -> AuditEntry:
    """What is noted of a refusal.

    Args:
        refusal: The refusal.
        action: What was asked for.
        event: Names this very refusal.
        unwritten: Earlier refusals of the same caller that were counted and not written.
        now: The time.
    """
    details = {"action": str(action), "code": refusal.code, "reason": str(refusal.reason)}
    principal = refusal.principal
    if principal is not None:
        details |= {"directory": principal.id.directory, "name": principal.name}
    if refusal.tenant_id:
        details["tenantId"] = refusal.tenant_id
    if unwritten:
        details["unwritten"] = str(unwritten)
    return AuditEntry(
        tenant_id=CHAIN,
        operation_id=event,
        event_id=event,
        action="access.refused",
        actor=principal.actor if principal else ANONYMOUS,
        outcome="refused",
        details=details,
        at=now,
    )
