"""Reads that are asked for at once, on genuine tables."""

import asyncio

from azure.data.tables.aio import TableClient

from azure_adapters.rows_together import MOST_TOGETHER, RowsTogether


async def test_each_gets_its_own_row_or_none(table: TableClient) -> None:
    """More than one query can hold, of two partitions, a key twice, and keys with quotes."""
    keys = [f"key'{number}" for number in range(MOST_TOGETHER * 2 + 3)]
    for partition in ("one", "other"):
        entities = [{"PartitionKey": partition, "RowKey": key, "Of": partition} for key in keys]
        await table.submit_transaction([("create", entity) for entity in entities])
    rows = RowsTogether(table)
    asked = [(partition, key) for partition in ("one", "other") for key in [*keys, keys[0], "none"]]
    found = await asyncio.gather(*(rows.get(*one) for one in asked))
    expected = [None if key == "none" else (partition, key) for partition, key in asked]
    assert [entity and (entity["Of"], entity["RowKey"]) for entity in found] == expected
    assert all(entity is None or entity.metadata["etag"] for entity in found)


async def test_who_asks_later_sees_what_was_written_before(table: TableClient) -> None:
    """Nothing is remembered."""
    rows = RowsTogether(table)
    assert await rows.get("one", "key") is None
    await table.create_entity({"PartitionKey": "one", "RowKey": "key"})
    assert await rows.get("one", "key") is not None
