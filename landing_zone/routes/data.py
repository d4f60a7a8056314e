"""Which planned resources hold a tenant's data: what is deleted of them is lost."""

from collections.abc import Iterable
from typing import Final

from landing_zone.plan import Plan, Resource
from landing_zone.request_parsing import Fault
from landing_zone.routes.updating import no_longer_planned

DATA_BEARING: Final = frozenset(
    {
        "microsoft.storage/storageaccounts",
        "microsoft.documentdb/databaseaccounts",
        "microsoft.dbforpostgresql/flexibleservers",
        "microsoft.keyvault/vaults",
        "microsoft.search/searchservices",
        "microsoft.search/searchservices/indexes",
        "microsoft.cognitiveservices/accounts",
        "microsoft.cognitiveservices/accounts/projects",
    }
)
"""ARM types, in lower case."""


def bears_data(resource: Resource) -> bool:
    """Whether deleting a planned resource loses data of the tenant."""
    return resource.type.lower() in DATA_BEARING


def lost_data(former: Plan, wanted: Plan) -> tuple[str, ...]:
    """Keys of the former plan's resources whose data goes with them."""
    return tuple(item.key for item in no_longer_planned(former, wanted) if bears_data(item))


def loss_faults(lost: Iterable[str], allowed: Iterable[str]) -> tuple[Fault, ...]:
    """What would be lost and has not been allowed; what was allowed by mistake is told, too."""
    lost, named = tuple(lost), frozenset(allowed)
    missing = [
        Fault("allowDataLoss", f"{key} would be deleted with its data", f"name {key} to allow it")
        for key in lost
        if key not in named
    ]
    unknown = [
        Fault("allowDataLoss", f"{key} would not be deleted", ", ".join(lost) or "nothing")
        for key in sorted(named - set(lost))
    ]
    return (*missing, *unknown)
