"""Step 6: the tenant's project on the hub's Foundry account, and AI accounts of its own."""

from collections.abc import Iterator
from types import MappingProxyType
from typing import NamedTuple

from landing_zone import naming
from landing_zone.arm_ids import arm_id
from landing_zone.plan import Recovery, Resource, Step
from landing_zone.planning import api_versions
from landing_zone.planning.making import regional
from landing_zone.planning.scope import Scope

PROJECT = "foundry-project"

_ACCOUNT = "Microsoft.CognitiveServices/accounts"


class _Service(NamedTuple):
    """How an AI service of a request is called in Azure.

    Attributes:
        kind: The account's kind.
        sku: Its price tier.
        short: What its name begins with.
    """

    kind: str
    sku: str
    short: str


# https://learn.microsoft.com/azure/templates/microsoft.cognitiveservices/accounts
_SERVICES = MappingProxyType(
    {
        "documentIntelligence": _Service("FormRecognizer", "S0", "docintel"),
        "speech": _Service("SpeechServices", "S0", "speech"),
        "language": _Service("TextAnalytics", "S", "language"),
    }
)


def ai_resources(scope: Scope) -> Iterator[Resource]:
    """The project and the accounts that were asked for."""
    if scope.request.ai.foundry_project:
        yield _project(scope)
    for service in scope.request.ai.services:
        yield _account(scope, service)


def account_key(service: str) -> str:
    """Key of the account of one AI service."""
    return f"ai:{_SERVICES[service].short}"


def account_id(scope: Scope, service: str) -> str:
    """ARM id of the account of one AI service."""
    return scope.workload_id(_ACCOUNT, _account_name(scope, service))


def project_id(scope: Scope) -> str:
    """ARM id of the tenant's project on the hub's account."""
    return scope.hub.resource_id(
        f"{_ACCOUNT}/projects",
        scope.hub.shared_services.foundry,
        naming.foundry_project(scope.request),
    )


def _account_name(scope: Scope, service: str) -> str:
    return naming.world_wide(_SERVICES[service].short, scope.request, salt=scope.salt)


def _account(scope: Scope, service: str) -> Resource:
    known = _SERVICES[service]
    return regional(
        scope,
        key=account_key(service),
        step=Step.IDENTITY_AND_API,
        kind=_ACCOUNT,
        resource_id=account_id(scope, service),
        api_version=api_versions.COGNITIVE_SERVICES,
        group="workload",
        top={"kind": known.kind, "sku": {"name": known.sku}},
        properties={
            # Tokens of Entra and private endpoints both need a name of the account's own.
            "customSubDomainName": _account_name(scope, service),
            "disableLocalAuth": True,
            "networkAcls": {"defaultAction": "Deny"},
            "publicNetworkAccess": "Disabled",
        },
        recovery=_recovery(scope, service),
    )


def _recovery(scope: Scope, service: str) -> Recovery:
    """learn: ai-services/recover-purge-resources."""
    group = naming.resource_group(scope.request, "workload")
    kind = "Microsoft.CognitiveServices/locations/resourceGroups/deletedAccounts"
    names = (scope.request.region, group, _account_name(scope, service))
    return Recovery(
        id=arm_id(scope.subscription, kind, *names),
        api_version=api_versions.COGNITIVE_SERVICES,
        properties={"restore": True},
    )


def _project(scope: Scope) -> Resource:
    return Resource(
        key=PROJECT,
        step=Step.IDENTITY_AND_API,
        type=f"{_ACCOUNT}/projects",
        id=project_id(scope),
        api_version=api_versions.COGNITIVE_SERVICES,
        body={
            # A project stands where its account does.
            "location": scope.hub.region,
            "tags": scope.tags,
            "identity": {"type": "SystemAssigned"},
            "properties": {
                "displayName": scope.request.display_name,
                "description": f"Project of tenant {scope.request.tenant_id}",
            },
        },
    )
