"""Who may do what over HTTP: the principal, the table of roles, and what is noted of a refusal."""

from landing_zone.access.parsing import parse_principal
from landing_zone.access.principal import Principal, PrincipalId
from landing_zone.access.refusals import AccessRefused, Reason
from landing_zone.access.table import GRANTS, OPEN, Access, Action, Role, Scope, scope_of

__all__ = [
    "GRANTS",
    "OPEN",
    "Access",
    "AccessRefused",
    "Action",
    "Principal",
    "PrincipalId",
    "Reason",
    "Role",
    "Scope",
    "parse_principal",
    "scope_of",
]
