"""What each role may do, and to which tenants, as a table.

Roles are app roles of the Entra application that App Service authentication signs in to; their
values stand in the token's `roles` claim (learn: entra/identity-platform/howto-add-app-roles-in-
apps). A principal with several roles may do what any of them may, as far as the widest reaches.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from landing_zone.access.principal import Principal, PrincipalId


class Role(StrEnum):
    """Values of our app roles."""

    REQUESTER = "Requester"
    APPROVER = "Approver"
    OPERATOR = "Operator"
    READER = "Reader"


class Action(StrEnum):
    """What can be asked for over HTTP: each function stands for one."""

    SEE_HEALTH = "health.read"
    REQUEST_TENANT = "tenants.request"
    UPDATE_TENANT = "tenants.update"
    SUSPEND_TENANT = "tenants.suspend"
    OFFBOARD_TENANT = "tenants.offboard"
    APPROVE = "tenants.approve"
    UPGRADE_FLEET = "fleet.upgrade"
    SEE_FLEET = "fleet.read"
    ACT_ON_OPERATIONS = "operations.act"
    SEE_TENANTS = "tenants.read"
    SEE_PLANS = "plans.read"
    SEE_AUDIT = "audit.read"
    SEE_OPERATIONS = "operations.read"
    SEE_KEYS = "keys.read"
    ROTATE_KEYS = "keys.rotate"
    SEE_CAPACITY = "capacity.read"
    SEE_COMPLIANCE = "compliance.read"
    SWEEP = "compliance.sweep"
    ACT_ON_FINDINGS = "findings.act"
    SEE_EXEMPTIONS = "exemptions.read"
    CHANGE_EXEMPTIONS = "exemptions.write"


class Scope(StrEnum):
    """Whose tenants an action reaches."""

    OWN = "own"
    ALL = "all"


_A = Action

OPEN: Final = frozenset({_A.SEE_HEALTH})
"""What anyone may do, without signing in."""

_READS: Final = (
    *(_A.SEE_TENANTS, _A.SEE_OPERATIONS, _A.SEE_KEYS, _A.SEE_CAPACITY),
    *(_A.SEE_FLEET, _A.SEE_PLANS, _A.SEE_AUDIT, _A.SEE_COMPLIANCE, _A.SEE_EXEMPTIONS),
)
_WRITES: Final = (
    *(_A.REQUEST_TENANT, _A.UPDATE_TENANT, _A.SUSPEND_TENANT, _A.OFFBOARD_TENANT),
    *(_A.ROTATE_KEYS, _A.UPGRADE_FLEET, _A.ACT_ON_OPERATIONS),
    *(_A.SWEEP, _A.ACT_ON_FINDINGS, _A.CHANGE_EXEMPTIONS),
)

GRANTS: Final[Mapping[Role, Mapping[Action, Scope]]] = MappingProxyType(
    {
        Role.REQUESTER: MappingProxyType(
            {
                _A.REQUEST_TENANT: Scope.OWN,
                _A.UPDATE_TENANT: Scope.OWN,
                _A.SUSPEND_TENANT: Scope.OWN,
                _A.OFFBOARD_TENANT: Scope.OWN,
                _A.SEE_TENANTS: Scope.OWN,
                _A.SEE_PLANS: Scope.OWN,
                # Of own tenants' chains; those of hubs and of refusals are not theirs.
                _A.SEE_AUDIT: Scope.OWN,
                _A.SEE_OPERATIONS: Scope.OWN,
                _A.SEE_KEYS: Scope.OWN,
                _A.ROTATE_KEYS: Scope.OWN,
                # Says how much room is left, and nothing of any tenant.
                _A.SEE_CAPACITY: Scope.ALL,
            }
        ),
        Role.APPROVER: MappingProxyType(dict.fromkeys((*_READS, _A.APPROVE), Scope.ALL)),
        Role.OPERATOR: MappingProxyType(dict.fromkeys((*_READS, *_WRITES), Scope.ALL)),
        Role.READER: MappingProxyType(dict.fromkeys(_READS, Scope.ALL)),
    }
)


@dataclass(frozen=True, slots=True)
class Access:
    """What one caller may do with one request.

    Attributes:
        principal: Who asks.
        action: What for.
        scope: Whose tenants that reaches.
    """

    principal: Principal
    action: Action
    scope: Scope

    @property
    def actor(self) -> str:
        """How records and audit entries name the caller."""
        return self.principal.actor

    @property
    def owner(self) -> PrincipalId | None:
        """Whose tenants alone it reaches; None for everyone's."""
        return None if self.scope is Scope.ALL else self.principal.id

    def reaches(self, owner: PrincipalId | None) -> bool:
        """Whether it reaches a tenant of that owner; one without owner is nobody's own."""
        return self.scope is Scope.ALL or owner == self.principal.id


def scope_of(roles: Iterable[str], action: Action) -> Scope | None:
    """How far an action reaches for who has these roles; None where it is not theirs at all."""
    held = frozenset(roles)
    scopes = {GRANTS[role].get(action) for role in Role if role in held}
    if Scope.ALL in scopes:
        return Scope.ALL
    return Scope.OWN if Scope.OWN in scopes else None
