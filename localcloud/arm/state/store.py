"""The resources and operations, in memory for reading and in SQLite for good."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING

from landing_zone.arm_ids import normalized
from localcloud.arm.state.bodies import values_at
from localcloud.arm.state.database import Database
from localcloud.arm.state.records import Operation, Record

if TYPE_CHECKING:
    # The catalogue's hooks know the store, so the store does not import the catalogue.
    from localcloud.arm.catalogue.model import ResourceType

type Keys = dict[str, None]  # an ordered set


class Store:
    """Written through: what is read here is what a restart would find."""

    def __init__(self, database: Database, types: "Mapping[str, ResourceType]") -> None:
        self.database = database
        self._types = types
        self._load()

    def _load(self) -> None:
        self._records: dict[str, Record] = {}
        self._children: dict[str, Keys] = {}
        self._by_type: dict[str, Keys] = {}
        self._referrers: dict[str, Keys] = {}
        self._references: dict[str, list[str]] = {}
        self._operations: dict[str, Operation] = {}
        self._running: Keys = {}
        for document in self.database.all("records"):
            self._index(Record(**document))
        for document in self.database.all("operations"):
            self._remember(Operation(**document))

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All changes within are kept together, or none: memory follows the file."""
        try:
            with self.database.transaction():
                yield
        except BaseException:
            self._load()
            raise

    # Resources.

    def get(self, resource_id: str) -> Record | None:
        """The resource of that id, in any casing."""
        return self._records.get(normalized(resource_id))

    def put(self, record: Record) -> None:
        """Store a resource, new or changed."""
        self._index(record)
        self.database.put("records", record.key, record.as_dict())

    def remove(self, record: Record) -> None:
        """Remove a resource."""
        key = record.key
        self._unreference(key)
        del self._records[key]
        self._children[record.parent].pop(key, None)
        self._by_type[record.type.lower()].pop(key, None)
        self.database.remove("records", key)

    def children(self, resource_id: str, resource_type: str = "") -> list[Record]:
        """What stands directly in a resource or scope, oldest first; of one type if asked."""
        keys = self._children.get(normalized(resource_id), {})
        wanted = resource_type.lower()
        found = (self._records[key] for key in keys)
        return [record for record in found if not wanted or record.type.lower() == wanted]

    def of_type(self, resource_type: str) -> list[Record]:
        """All resources of a type, oldest first."""
        return [self._records[key] for key in self._by_type.get(resource_type.lower(), {})]

    def within(self, scope: str) -> list[Record]:
        """All that stands in a scope, at any depth."""
        found: list[Record] = []
        pending = [normalized(scope)]
        while pending:
            for record in self.children(pending.pop()):
                found.append(record)
                pending.append(record.key)
        return found

    def everything(self) -> list[Record]:
        """All resources, oldest first."""
        return list(self._records.values())

    def referrers(self, resource_id: str, resource_type: str = "") -> list[Record]:
        """Those that refer to a resource, who came first first; of one type if asked."""
        keys = self._referrers.get(normalized(resource_id), {})
        wanted = resource_type.lower()
        found = (self._records[key] for key in keys)
        return [record for record in found if not wanted or record.type.lower() == wanted]

    def blocking_referrers(self, resource_id: str) -> list[Record]:
        """Those that refer to a resource in a way that keeps it from being deleted."""
        key = normalized(resource_id)
        return [
            record
            for record in self.referrers(key)
            if any(
                normalized(str(value)) == key
                for reference in self.type_of(record).references
                if reference.blocks
                for value in values_at(record.body, reference.path)
            )
        ]

    def type_of(self, record: Record) -> "ResourceType":
        """The type of a resource, from the catalogue."""
        return self._types[record.type.lower()]

    def _index(self, record: Record) -> None:
        key = record.key
        self._records[key] = record
        self._children.setdefault(record.parent, {})[key] = None
        self._by_type.setdefault(record.type.lower(), {})[key] = None
        targets = [
            normalized(str(value))
            for reference in self.type_of(record).references
            for value in values_at(record.body, reference.path)
        ]
        # What refers as before keeps its place, so that a list of it stays in the same order.
        self._unreference(key, kept=targets)
        self._references[key] = targets
        for target in targets:
            self._referrers.setdefault(target, {})[key] = None

    def _unreference(self, key: str, kept: Collection[str] = ()) -> None:
        for target in self._references.pop(key, []):
            if target not in kept:
                self._referrers.get(target, {}).pop(key, None)

    # Operations.

    def operation(self, operation_id: str) -> Operation | None:
        """The operation of that id."""
        return self._operations.get(operation_id)

    @property
    def operation_count(self) -> int:
        """How many operations are remembered, ended ones too."""
        return len(self._operations)

    def save(self, operation: Operation) -> None:
        """Store an operation, new or changed."""
        self._remember(operation)
        self.database.put("operations", operation.id, operation.as_dict())

    def _remember(self, operation: Operation) -> None:
        self._operations[operation.id] = operation
        if operation.running:
            self._running[operation.id] = None
        else:
            self._running.pop(operation.id, None)

    def running(self) -> list[Operation]:
        """Operations that have not ended, in the order in which they were begun."""
        return [self._operations[key] for key in self._running]

    def due(self, now: float) -> Iterable[Operation]:
        """Operations whose time has come, in the order of their times."""
        ready = [
            one
            for one in self.running()
            if one.due <= now and not one.stuck and not one.awaits_proof
        ]
        return sorted(ready, key=lambda one: one.due)

    def operation_on(self, host: str) -> Operation | None:
        """The operation that holds a resource, if one does."""
        key = normalized(host)
        return next((one for one in self.running() if one.host == key), None)

    def forget_ended(self, before: float) -> None:
        """Forget operations that ended before a time; nobody polls them any more."""
        with self.database.transaction():
            for operation in list(self._operations.values()):
                if not operation.running and operation.due < before:
                    del self._operations[operation.id]
                    self.database.remove("operations", operation.id)

    def reload(self) -> None:
        """Read everything from the file again."""
        self._load()
