"""Optimistic transactions on one partition, whose head row's ETag decides who is first."""

from collections.abc import Mapping, Sequence
from typing import Any

from azure.data.tables import TableEntity, TableTransactionError, UpdateMode
from azure.data.tables.aio import TableClient

from azure_adapters.batch_text import Operation
from azure_adapters.rows import etag_of, unchanged
from azure_adapters.storage_errors import storage_errors

HEAD = "head"
_LOST_RACE = frozenset({404, 409, 412})


async def commit(
    table: TableClient,
    partition: str,
    head: TableEntity | None,
    values: Mapping[str, Any],
    *,
    create: Sequence[Mapping[str, Any]] = (),
    replace: Sequence[Mapping[str, Any]] = (),
    delete: Sequence[str] = (),
) -> bool:
    """Change the head and other rows of its partition at once, or nothing.

    Args:
        table: The table.
        partition: The partition.
        head: The head row as it was read; None when there was none.
        values: What the head row holds from now on.
        create: Rows to add, without their partition key.
        replace: Rows to change, which exist, without their partition key.
        delete: Keys of rows to remove, which exist.

    Returns:
        False when another writer was first.
    """
    etag = etag_of(head)
    done = await commit_at(
        table, partition, etag, values, create=create, replace=replace, delete=delete
    )
    return done is not None


async def commit_at(
    table: TableClient,
    partition: str,
    etag: str | None,
    values: Mapping[str, Any],
    *,
    create: Sequence[Mapping[str, Any]] = (),
    replace: Sequence[Mapping[str, Any]] = (),
    delete: Sequence[str] = (),
) -> str | None:
    """The same for a head row of which only the ETag is known; None when there was none.

    Returns:
        The head row's new ETag; None when another writer was first.
    """
    entity = {"PartitionKey": partition, "RowKey": HEAD, **values}
    first: Operation = ("create", entity)
    if etag is not None:
        first = ("update", entity, {"mode": UpdateMode.REPLACE, **unchanged(etag)})
    rows = [("create", {"PartitionKey": partition, **row}) for row in create]
    changed = [
        ("update", {"PartitionKey": partition, **row}, {"mode": UpdateMode.REPLACE})
        for row in replace
    ]
    gone = [("delete", {"PartitionKey": partition, "RowKey": key}) for key in delete]
    answers = await submitted(table, [first, *rows, *changed, *gone])
    return None if answers is None else str(answers[0]["etag"])


async def submitted(
    table: TableClient, operations: Sequence[Operation]
) -> list[Mapping[str, Any]] | None:
    """Do several things in one partition at once, or nothing.

    Args:
        table: The table.
        operations: As the SDK's transactions take them: create, update and delete.

    Returns:
        What each was answered; None when another writer was first.
    """
    async with storage_errors():
        try:
            return list(await table.submit_transaction(operations))
        except TableTransactionError as error:
            if error.status_code in _LOST_RACE:
                return None
            raise
