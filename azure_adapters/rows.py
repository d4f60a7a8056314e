"""Single rows of a storage table, whose ETags decide who is first."""

from collections.abc import Mapping
from typing import Any

from azure.core import MatchConditions
from azure.core.exceptions import (
    ResourceExistsError,
    ResourceModifiedError,
    ResourceNotFoundError,
)
from azure.data.tables import TableEntity, UpdateMode
from azure.data.tables.aio import TableClient

from azure_adapters.storage_errors import storage_errors


async def read_row(table: TableClient, partition: str, row: str) -> TableEntity | None:
    """A row, or None."""
    async with storage_errors():
        try:
            return await table.get_entity(partition, row)
        except ResourceNotFoundError:
            return None


async def create_row(table: TableClient, entity: Mapping[str, Any]) -> bool:
    """Add a row; False when there is one of its keys already."""
    async with storage_errors():
        try:
            await table.create_entity(entity)
        except ResourceExistsError:
            return False
    return True


async def replace_row(table: TableClient, entity: Mapping[str, Any], etag: str) -> bool:
    """Change a row as a whole; False when it has changed since it was read, or is gone."""
    async with storage_errors():
        try:
            await table.update_entity(entity, mode=UpdateMode.REPLACE, **unchanged(etag))
        except (ResourceModifiedError, ResourceNotFoundError):
            return False
    return True


async def delete_row(table: TableClient, entity: Mapping[str, Any], etag: str) -> bool:
    """Remove a row; False when it has changed since it was read, or is gone."""
    async with storage_errors():
        try:
            await table.delete_entity(entity, **unchanged(etag))
        except (ResourceModifiedError, ResourceNotFoundError):
            return False
    return True


def etag_of(row: TableEntity | None) -> str | None:
    """The version of a row; None where there is none."""
    return None if row is None else str(row.metadata["etag"])


def unchanged(etag: str) -> dict[str, Any]:
    """The condition that a row is as it was read."""
    return {"etag": etag, "match_condition": MatchConditions.IfNotModified}
