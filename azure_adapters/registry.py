"""The tenant registry in a storage table: one partition, a row a tenant, changes held to ETags."""

from typing import Any

from azure.data.tables import TableEntity
from azure.data.tables.aio import TableClient

from azure_adapters.long_text import joined, split
from azure_adapters.rows import create_row, delete_row, etag_of, read_row, replace_row
from azure_adapters.storage_errors import storage_errors
from landing_zone.access.principal import PrincipalId
from landing_zone.errors import TemporaryError
from landing_zone.ports import Page, Versioned
from landing_zone.tenants import TenantRecord

_PARTITION = "tenant"
_CLAIMS = "subscription"


class TableTenantRegistry:
    """`TenantRegistry` over a table."""

    def __init__(self, table: TableClient) -> None:
        """Use a table that exists."""
        self._table = table

    async def get(self, tenant_id: str) -> Versioned[TenantRecord] | None:
        """The tenant's record, or None."""
        found = await read_row(self._table, _PARTITION, tenant_id)
        return None if found is None else Versioned(_record(found), str(etag_of(found)))

    async def insert(self, record: TenantRecord) -> bool:
        """Add a tenant; False when there is one of that id already."""
        return await create_row(self._table, _entity(record))

    async def replace(self, record: TenantRecord, etag: str) -> bool:
        """Change a tenant; False when it has changed since it was read."""
        return await replace_row(self._table, _entity(record), etag)

    async def page(
        self, size: int, continuation: str = "", *, owner: PrincipalId | None = None
    ) -> Page[TenantRecord]:
        """Tenants by id, `size` at most, from behind the id that `continuation` names.

        Of an owner's tenants, it names one of theirs: nothing is told of the others.
        """
        query = "PartitionKey eq @partition and RowKey gt @after"
        parameters = {"partition": _PARTITION, "after": continuation}
        if owner is not None:
            query, parameters = f"{query} and Owner eq @owner", parameters | {"owner": str(owner)}
        records: list[TenantRecord] = []
        async with storage_errors():
            found = self._table.query_entities(
                query, parameters=parameters, results_per_page=size + 1
            )
            async for entity in found:
                if len(records) == size:
                    return Page(tuple(records), records[-1].tenant_id)
                records.append(_record(entity))
        return Page(tuple(records), "")

    async def claim_subscription(self, subscription_id: str, tenant_id: str) -> str:
        """Claim a subscription for a tenant, unless it is claimed; the tenant that holds it.

        Raises:
            TemporaryError: Its holder let go of it just now.
        """
        row = {
            "PartitionKey": _CLAIMS,
            "RowKey": subscription_id.lower(),
            "TenantId": tenant_id,
        }
        if await create_row(self._table, row):
            return tenant_id
        holder = await self.subscription_holder(subscription_id)
        if holder is None:
            raise TemporaryError("SubscriptionClaimed", "its holder let go of it just now")
        return holder

    async def subscription_holder(self, subscription_id: str) -> str | None:
        """The tenant that has claimed a subscription, or None."""
        found = await read_row(self._table, _CLAIMS, subscription_id.lower())
        return None if found is None else str(found["TenantId"])

    async def release_subscription(self, subscription_id: str, tenant_id: str) -> None:
        """Let go of a subscription that the tenant holds."""
        found = await read_row(self._table, _CLAIMS, subscription_id.lower())
        if found is not None and found["TenantId"] == tenant_id:
            await delete_row(self._table, found, str(etag_of(found)))


def _entity(record: TenantRecord) -> dict[str, Any]:
    return {
        "PartitionKey": _PARTITION,
        "RowKey": record.tenant_id,
        "State": record.state.value,
        "Owner": str(record.owner or ""),
        **split("Record", record.model_dump_json(by_alias=True)),
    }


def _record(entity: TableEntity) -> TenantRecord:
    return TenantRecord.model_validate_json(joined("Record", entity))
