"""Which planned resources a tenant can be without for a while, decided from the plan alone."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from landing_zone.plan import Plan, Resource
from landing_zone.routes.data import bears_data

DISPENSABLE: Final[Mapping[str, str]] = MappingProxyType(
    {
        "microsoft.consumption/budgets": "nobody is told when the budget is used up",
        "microsoft.insights/diagnosticsettings": "its logs and metrics are not collected",
        "microsoft.costmanagement/exports": "its cost is not exported",
        "microsoft.kubernetesconfiguration/fluxconfigurations": "its source is not deployed",
    }
)
"""ARM types, in lower case, with what is missing meanwhile.

All else is needed: the tenant's network, names and firewall, its data, who may do what, and the
events by which drift is seen. What is not named here is never skipped.
"""


def indispensable(plan: Plan, resource: Resource) -> str:
    """Why a resource cannot be skipped; empty where it can be."""
    dependents = sorted(key for key, edges in plan.graph.items() if resource.key in edges)
    if dependents:
        return f"{', '.join(dependents)} cannot be made without it"
    if bears_data(resource):
        return "it holds the tenant's data"
    if resource.type.lower() not in DISPENSABLE:
        return f"a tenant without its {resource.type} is not what was asked for"
    if resource.ready:
        return "whether the tenant is whole is seen by it"
    return ""


def missing_without(resource: Resource) -> str:
    """What is missing while a resource that can be skipped is not there."""
    return DISPENSABLE[resource.type.lower()]
