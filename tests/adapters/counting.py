"""A table that counts what it is asked for."""

from typing import Any

from azure.data.tables.aio import TableClient


class Counting:
    """A table that counts the transactions and the reads of rows that it is asked for."""

    def __init__(self, table: TableClient) -> None:
        self._table = table
        self.transactions = 0
        self.reads = 0

    async def submit_transaction(self, operations: Any) -> Any:
        """Count, and do it."""
        self.transactions += 1
        return await self._table.submit_transaction(operations)

    async def create_entity(self, *args: Any, **kwargs: Any) -> Any:
        """Do it."""
        return await self._table.create_entity(*args, **kwargs)

    async def get_entity(self, *args: Any, **kwargs: Any) -> Any:
        """Count, and do it."""
        self.reads += 1
        return await self._table.get_entity(*args, **kwargs)

    def query_entities(self, *args: Any, **kwargs: Any) -> Any:
        """Do it."""
        return self._table.query_entities(*args, **kwargs)
