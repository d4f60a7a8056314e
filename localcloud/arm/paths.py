"""What the path of a request names."""

import re
from dataclasses import dataclass

SUBSCRIPTIONS = "microsoft.resources/subscriptions"
RESOURCE_GROUPS = "microsoft.resources/resourcegroups"
_BAD_SEGMENT = re.compile(r"[<>%&\\?#*\x00-\x1f]")


@dataclass(frozen=True, slots=True)
class Target:
    """The path of a request, taken apart.

    Attributes:
        scope: The path before the last `/providers/`, `""` at the tenant's root.
        namespace: The provider, as the caller spelled it.
        types: Type segments after the provider, as the caller spelled them.
        names: Names of those segments; one fewer than `types` for a collection or an action.
    """

    scope: str
    namespace: str
    types: tuple[str, ...]
    names: tuple[str, ...]

    @property
    def type(self) -> str:
        """The resource type in lower case, `microsoft.network/virtualnetworks`."""
        return "/".join((self.namespace, *self.types)).lower()

    @property
    def is_resource(self) -> bool:
        """Whether one resource is named, not a collection or an action."""
        return len(self.types) == len(self.names)

    @property
    def name(self) -> str:
        """The last name, `""` for a collection at its scope's root."""
        return self.names[-1] if self.names else ""

    @property
    def id(self) -> str:
        """The path again, without what follows a name."""
        if self.type == SUBSCRIPTIONS:
            return "/subscriptions" + "".join(f"/{name}" for name in self.names)
        if self.type == RESOURCE_GROUPS:
            return f"{self.scope}/resourceGroups" + "".join(f"/{name}" for name in self.names)
        pairs = "".join(
            f"/{segment}/{name}" for segment, name in zip(self.types, self.names, strict=False)
        )
        return f"{self.scope}/providers/{self.namespace}{pairs}"


def parse(path: str) -> Target | None:
    """Take a path apart; None when it has no form that Azure Resource Manager knows."""
    segments = path.strip("/").split("/")
    if any(not segment or _BAD_SEGMENT.search(segment) for segment in segments):
        return None
    lowered = [segment.lower() for segment in segments]
    if "providers" not in lowered:
        return _container(segments, lowered)
    last = len(lowered) - 1 - lowered[::-1].index("providers")
    rest = segments[last + 1 :]
    if not rest:
        return None
    scope = "".join(f"/{segment}" for segment in segments[:last])
    return Target(scope, rest[0], tuple(rest[1::2]), tuple(rest[2::2]))


def _container(segments: list[str], lowered: list[str]) -> Target | None:
    """A subscription, a resource group, or a collection of them."""
    match lowered:
        case ["subscriptions", *names] if len(names) <= 1:
            return Target("", "Microsoft.Resources", ("subscriptions",), tuple(segments[1:]))
        case ["subscriptions", _, "resourcegroups", *names] if len(names) <= 1:
            scope = f"/subscriptions/{segments[1]}"
            return Target(scope, "Microsoft.Resources", ("resourceGroups",), tuple(segments[3:]))
        case _:
            return None


def subscription_of(resource_id: str) -> str:
    """The subscription id within an id in lower case, `""` where there is none."""
    segments = resource_id.strip("/").split("/")
    if len(segments) > 1 and segments[0].lower() == "subscriptions":
        return segments[1].lower()
    return ""


def group_of(resource_id: str) -> str:
    """The resource group within an id, `""` where there is none."""
    segments = resource_id.strip("/").split("/")
    if len(segments) > 3 and segments[2].lower() == "resourcegroups":  # noqa: PLR2004
        return segments[3]
    return ""


def parent_of(resource_id: str) -> str:
    """The id of what contains a resource: its parent resource, or else its scope."""
    head, _, _ = resource_id.rstrip("/").rpartition("/")
    head, _, _ = head.rpartition("/")
    before, marker, _ = head.rpartition("/")
    if marker and before.lower().endswith("/providers"):
        return before[: -len("/providers")]
    return head
