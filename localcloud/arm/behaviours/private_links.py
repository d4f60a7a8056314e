"""What private endpoints of each kind of target lead to: members, names and private DNS zones."""

from collections.abc import Mapping
from dataclasses import dataclass

from localcloud.arm.state.records import Record


@dataclass(frozen=True, slots=True)
class Member:
    """One address of a private endpoint.

    Attributes:
        name: The member's name.
        record: Name of its A record.
        zone: The private DNS zone of that record.
        fqdn: The public name that clients ask for.
    """

    name: str
    record: str
    zone: str
    fqdn: str


def _public(zone: str) -> str:
    """The public suffix that a private zone stands for."""
    return zone.removeprefix("privatelink.").replace("vaultcore.azure.net", "vault.azure.net")


def _member(name: str, record: str, zone: str) -> Member:
    return Member(name, record, zone, f"{record}.{_public(zone)}")


_STORAGE = ("blob", "queue", "table", "file", "dfs", "web")
# Group ids (sub-resources) by target type, and the zones of each.
# Source: learn: private-link/private-endpoint-dns.
GROUPS: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "microsoft.storage/storageaccounts": {
        one: (f"privatelink.{one}.core.windows.net",) for one in _STORAGE
    },
    "microsoft.documentdb/databaseaccounts": {"Sql": ("privatelink.documents.azure.com",)},
    "microsoft.dbforpostgresql/flexibleservers": {
        "postgresqlServer": ("privatelink.postgres.database.azure.com",)
    },
    "microsoft.keyvault/vaults": {"vault": ("privatelink.vaultcore.azure.net",)},
    "microsoft.search/searchservices": {"searchService": ("privatelink.search.windows.net",)},
    "microsoft.cognitiveservices/accounts": {
        "account": ("privatelink.cognitiveservices.azure.com",)
    },
    "microsoft.apimanagement/service": {"Gateway": ("privatelink.azure-api.net",)},
}
_AI_SERVICES = ("privatelink.openai.azure.com", "privatelink.services.ai.azure.com")


def members_of(target: Record, group: str) -> list[Member]:
    """The addresses that an endpoint to a target has."""
    zones = GROUPS[target.type.lower()][group]
    name = target.name.lower()
    match target.type.lower():
        case "microsoft.documentdb/databaseaccounts":
            regions = [one["id"] for one in target.properties.get("readLocations", [])]
            return [_member(one, one, zones[0]) for one in (name, *regions)]
        case "microsoft.cognitiveservices/accounts":
            domain = str(target.properties.get("customSubDomainName") or name).lower()
            further = _AI_SERVICES if target.body.get("kind") == "AIServices" else ()
            extra = _AI_SERVICES[:1] if target.body.get("kind") == "OpenAI" else further
            return [
                _member("default" if index == 0 else f"default{index}", domain, zone)
                for index, zone in enumerate((*zones, *extra))
            ]
        case _:
            return [_member(group if group in _STORAGE else "default", name, zones[0])]
