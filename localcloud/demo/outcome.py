"""What an onboarding has made: a tree of resources, with what tells most about each."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from rich.markup import escape
from rich.tree import Tree

from landing_zone.arm_ids import normalized
from localcloud.demo.kinds import PROVIDER
from localcloud.demo.live import duration
from localcloud.demo.models import Operation, Resource

SHORT = {"subscriptions": "Subscription", "resourcegroups": "Resource group"}


@dataclass
class Node:
    """One place in the tree of ARM ids.

    Attributes:
        kind: Its type; of a child the last segment only.
        name: Its name; for a resource of the plan whose name is a GUID, its key.
        resource: What the plan has there, if anything.
        children: What stands in it.
    """

    kind: str
    name: str
    resource: Resource | None = None
    children: dict[str, "Node"] = field(default_factory=dict)

    def below(self) -> Iterator["Node"]:
        """Everything that stands in it, at any depth."""
        for child in self.children.values():
            yield child
            yield from child.below()


def places(operation: Operation) -> Node:
    """Where the resources of an operation stand; the root is no place itself."""
    root = Node("", "")
    for resource in operation.resources().values():
        _insert(root, resource)
    return root


def tree(operation: Operation, in_arm: Mapping[str, Mapping[str, Any]]) -> Tree:
    """The resources of an operation, below their subscriptions and resource groups.

    Args:
        operation: Whose resources to show.
        in_arm: What Resource Manager has, by normalized id.
    """
    root = places(operation)
    drawn = Tree(f"[bold]What {escape(operation.tenant_id)} consists of[/bold]", guide_style="dim")
    _draw(drawn, root.children.values(), in_arm)
    return drawn


def is_listed(resource_id: str) -> bool:
    """Whether it is a resource; registrations and tags are facts about a subscription."""
    kind, _ = levels(resource_id)[-1]
    return kind.lower() not in {PROVIDER, "microsoft.resources/tags"}


def missing(operation: Operation, in_arm: Mapping[str, Mapping[str, Any]]) -> list[Resource]:
    """Resources that are said to be done, and that Resource Manager does not have."""
    return [
        resource
        for resource in operation.resources().values()
        if resource.state == "done"
        and is_listed(resource.id)
        and normalized(resource.id) not in in_arm
    ]


def levels(resource_id: str) -> list[tuple[str, str]]:
    """The places that lead to a resource: type and name of each, outermost first."""
    segments = [segment for segment in resource_id.split("/") if segment]
    found: list[tuple[str, str]] = []
    namespace = ""
    index = 0
    while index < len(segments):
        if segments[index].lower() == "providers" and index + 1 < len(segments):
            namespace = segments[index + 1]
            index += 2
            if index == len(segments):
                found.append((PROVIDER, namespace))
            continue
        kind = f"{namespace}/{segments[index]}" if namespace else segments[index]
        found.append((kind, segments[index + 1] if index + 1 < len(segments) else "default"))
        namespace = ""
        index += 2
    return found


def _insert(root: Node, resource: Resource) -> None:
    node = root
    places = levels(resource.id)
    for kind, name in places:
        own = (kind, name) == places[-1] and kind != "subscriptions"
        shown = resource.title if own else name
        node = node.children.setdefault(f"{kind}/{name}".lower(), Node(kind, shown))
    node.resource = resource


def _draw(drawn: Tree, nodes: Iterable[Node], in_arm: Mapping[str, Mapping[str, Any]]) -> None:
    for node in nodes:
        resource = node.resource
        kind = SHORT.get(node.kind.lower(), node.kind)
        label = f"{escape(node.name)} [dim]{escape(kind)}[/dim]"
        body = in_arm.get(normalized(resource.id), {}) if resource else {}
        if resource:
            notes = [*highlights(body), duration(resource.seconds)]
            shown = "  ".join(note for note in notes if note)
            mark = (
                "[green]✔[/green]" if resource.state == "done" else f"[red]{resource.state}[/red]"
            )
            label = f"{mark} {label}  [cyan]{escape(shown)}[/cyan]"
        branch = drawn.add(label)
        for part in parts(body):
            branch.add(f"[dim]{escape(part)}[/dim]")
        _draw(branch, node.children.values(), in_arm)


def highlights(body: Mapping[str, Any]) -> list[str]:
    """The properties of a resource that say most about it."""
    properties = body.get("properties") or {}
    prefix = properties.get("addressPrefix")
    if hop := properties.get("nextHopIpAddress"):
        return [f"{prefix} to {hop}"]
    space = (properties.get("addressSpace") or {}).get("addressPrefixes") or []
    prefixes = properties.get("addressPrefixes") or []
    facts = [*space, prefix, *prefixes, properties.get("peeringState")]
    return [str(fact) for fact in facts if fact]


def parts(body: Mapping[str, Any]) -> list[str]:
    """The subnets or routes that a network or a route table was written with."""
    properties = body.get("properties") or {}
    return [
        f"{part['name']}  {'  '.join(highlights(part))}"
        for collection in ("subnets", "routes")
        for part in properties.get(collection) or []
        if "name" in part  # without one it is a reference back
    ]
