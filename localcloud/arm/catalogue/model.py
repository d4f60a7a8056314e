"""What a resource type is: data, plus a few small hooks."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Flag, StrEnum, auto
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from localcloud.arm.state.records import Record
    from localcloud.arm.state.store import Store
    from localcloud.arm.writing import Write


class Scope(Flag):
    """Where a type's resources may stand. `RESOURCE` is any resource: an extension."""

    TENANT = auto()
    MANAGEMENT_GROUP = auto()
    SUBSCRIPTION = auto()
    GROUP = auto()
    RESOURCE = auto()


class Writing(StrEnum):
    """How a write, or a delete, is answered.

    `ASYNC` answers a PUT with the resource and `Azure-AsyncOperation`, `ACCEPTED` with 202 and no
    resource; both answer a DELETE with 202. `BODY` is told by the resource's provisioningState.
    """

    SYNC = "sync"
    ASYNC = "azure-async"
    ACCEPTED = "location"
    BODY = "body"


@dataclass(frozen=True, slots=True)
class Reference:
    """Ids within a body that must name resources that exist.

    Attributes:
        path: Where, such as `properties.ipConfigurations[].properties.subnet.id`.
        type: The type that must stand there; `""` for any.
        blocks: Whether what is referred to cannot be deleted meanwhile.
        same_region: Whether both must be in one region and subscription.
        waits: Whether what is referred to must not be in the middle of a write.
    """

    path: str
    type: str = ""
    blocks: bool = True
    same_region: bool = False
    waits: bool = True


@dataclass(frozen=True, slots=True)
class Taken:
    """How a write is refused whose name another resource has, anywhere in Azure."""

    code: str
    status: int = 409


@dataclass(frozen=True, slots=True)
class BackReference:
    """A list in a resource's properties that Azure fills with those that refer to it."""

    name: str
    type: str


@dataclass(frozen=True, slots=True)
class Embedded:
    """Children that also stand in a list of their parent's properties.

    Attributes:
        name: The list's name.
        type: The children's type.
        absent_keeps: Whether a PUT of the parent without the list leaves the children.
    """

    name: str
    type: str
    absent_keeps: bool = False


def _nothing(*_: Any) -> None:
    """A hook that does nothing."""


def _never(_: Mapping[str, Any]) -> bool:
    return False


@dataclass(frozen=True, slots=True)
class Hooks:
    """What is special about a type; each is small and touches only the store.

    Attributes:
        check: Refuses a write that Azure refuses, after every general rule passed.
        prepare: Fills in what Azure fills in, before the write is stored.
        written: Runs once a write has come to its successful end.
        settled: Runs once what goes on by itself after that has ended, too.
        check_delete: Refuses a delete.
        deleted: Runs once the resource is gone.
        render: Completes the resource as it is answered.
    """

    check: "Callable[[Write], None]" = _nothing
    prepare: "Callable[[Write], None]" = _nothing
    written: "Callable[[Store, Record], None]" = _nothing
    settled: "Callable[[Store, Record], None]" = _nothing
    check_delete: "Callable[[Store, Record], None]" = _nothing
    deleted: "Callable[[Store, Record], None]" = _nothing
    render: "Callable[[Store, Record, dict[str, Any]], None]" = _nothing


@dataclass(frozen=True, slots=True)
class ResourceType:
    """One type of resource.

    Attributes:
        name: Canonical, such as `Microsoft.Network/virtualNetworks/subnets`.
        versions: The api-versions that are accepted, newest last.
        model: `module:Class` of the SDK model that a PUT's body is held against; `""` where the
            type cannot be written.
        patch: `module:Class` of a PATCH's body; `""` where there is no PATCH.
        scopes: Where it may stand; ignored for a child.
        write: How a PUT is answered.
        delete: How a DELETE is answered.
        created: Status of a PUT that creates.
        updated: Status of a PUT that replaces.
        tracked: Whether it has a location and tags of its own.
        locations: Which locations it takes; empty for any region. `("global",)` for DNS.
        name_pattern: What a name must match.
        provisioning: Whether its properties carry a provisioningState.
        etag: Whether its answers carry an ETag, in the header and in the body.
        busy: The provisioningState while a write is going on.
        changing: The same where it was there before; `busy` where empty.
        broken: The provisioningState after a failed write or delete; some types have none for it.
        taken: What names that are unique in all of Azure answer when they are taken.
        secrets: Properties that are taken and never answered.
        guid: Name of a property that is given a GUID once, `resourceGuid`.
        defaults: Properties that Azure fills in when the body leaves them out.
        references: Ids that must exist.
        back_references: Lists that Azure fills in.
        embedded: Children within the body.
        lock: The type whose instance is held by a write: itself, or an ancestor.
        conflict: Error code of a write while the instance is held.
        in_use: Error code of a delete while it is referred to.
        blocked_by: Types of children that must be deleted first.
        absent: Status of a DELETE of what is not there.
        hidden: Whether it is left out of lists of resources.
        proves: Whether a write of this body ends only once a webhook has proved itself.
        hooks: What is special.
    """

    name: str
    versions: tuple[str, ...]
    model: str = ""
    patch: str = ""
    scopes: Scope = Scope.GROUP
    write: Writing = Writing.SYNC
    delete: Writing = Writing.SYNC
    created: int = 201
    updated: int = 200
    tracked: bool = False
    locations: tuple[str, ...] = ()
    name_pattern: str = r"[A-Za-z0-9]([A-Za-z0-9._-]{0,78}[A-Za-z0-9_])?"
    provisioning: bool = False
    etag: bool = False
    busy: str = "Updating"
    changing: str = ""
    broken: str = "Failed"
    taken: Taken | None = None
    secrets: tuple[str, ...] = ()
    guid: str = ""
    defaults: Mapping[str, Any] = field(default_factory=dict)
    references: tuple[Reference, ...] = ()
    back_references: tuple[BackReference, ...] = ()
    embedded: tuple[Embedded, ...] = ()
    lock: str = ""
    conflict: str = "AnotherOperationInProgress"
    in_use: str = "InUseResourceCannotBeDeleted"
    blocked_by: tuple[str, ...] = ()
    absent: int = 204
    hidden: bool = False
    proves: "Callable[[Mapping[str, Any]], bool]" = _never
    hooks: Hooks = field(default_factory=Hooks)

    @property
    def key(self) -> str:
        """The name in lower case."""
        return self.name.lower()

    @property
    def shows_failure(self) -> bool:
        """Whether a write that fails later can be seen: by its operation, or by the resource."""
        by_itself = self.write is Writing.BODY and self.broken == "Failed"
        return by_itself or self.write not in {Writing.SYNC, Writing.BODY}

    @property
    def namespace(self) -> str:
        """The provider's namespace."""
        return self.name.partition("/")[0]

    @property
    def parent(self) -> str:
        """The parent type in lower case, `""` for a root type."""
        head, _, _ = self.key.rpartition("/")
        return head if "/" in head else ""
