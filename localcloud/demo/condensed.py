"""What an onboarding has made, on one screen.

A line stands for a resource of a resource group; what belongs to it is a note behind it: children,
private endpoints, diagnostic settings, roles.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from rich.markup import escape
from rich.tree import Tree

from landing_zone.arm_ids import normalized
from localcloud.demo.kinds import COUNTED, NAMED, WORDS, shown
from localcloud.demo.models import Operation
from localcloud.demo.outcome import Node, highlights, parts, places

SUBSCRIPTION = "subscriptions"
GROUP = "resourcegroups"
MANAGEMENT_GROUP = "microsoft.management/managementgroups"
ALIAS = "microsoft.subscription/aliases"
ENDPOINT = "microsoft.network/privateendpoints"
ZONE_GROUP = "privatednszonegroups"

type Bodies = Mapping[str, Mapping[str, Any]]


def condensed(operation: Operation, in_arm: Bodies) -> Tree:
    """The resources of an operation with everything that belongs to each behind it.

    Args:
        operation: Whose resources to show.
        in_arm: What Resource Manager has, by normalized id.
    """
    root = places(operation)
    folding = _Folding(in_arm)
    folding.fold_endpoints(root)
    folding.fold_placing(root)
    count = len(operation.resources())
    drawn = Tree(
        f"[bold]What {escape(operation.tenant_id)} consists of[/bold]"
        f"  [dim]{count} resources; --tree full lists each[/dim]",
        guide_style="dim",
    )
    for node in root.children.values():
        folding.draw(drawn, node)
    return drawn


class _Folding:
    """Draws places, with what belongs to each as notes."""

    def __init__(self, in_arm: Bodies) -> None:
        self._in_arm = in_arm
        self._extra: dict[int, list[str]] = {}

    def fold_endpoints(self, root: Node) -> None:
        """Let each private endpoint be a note on what it leads to."""
        owners = {normalized(node.resource.id): node for node in root.below() if node.resource}
        for group in list(root.below()):
            for key, node in list(group.children.items()):
                owner = owners.get(self._target(node)) if node.kind.lower() == ENDPOINT else None
                if owner:
                    self._note(owner, " ".join(["private endpoint", *self._addresses(node)]))
                    del group.children[key]

    def fold_placing(self, root: Node) -> None:
        """Let a subscription's alias and its place be notes on it."""
        for key, node in list(root.children.items()):
            kind = node.kind.lower()
            if kind == MANAGEMENT_GROUP:
                placed = [f"{SUBSCRIPTION}/{child}" for child in _last_names(node)]
                told = f"in {node.name}"
            elif kind == ALIAS:
                made = (self._body(node).get("properties") or {}).get("subscriptionId", "")
                placed, told = [f"{SUBSCRIPTION}/{made}"], "vended"
            else:
                continue
            owners = [root.children[place] for place in placed if place in root.children]
            if owners:
                del root.children[key]
            for owner in owners:
                self._note(owner, told)

    def draw(self, drawn: Tree, node: Node) -> None:
        """Draw a place; what stands in a subscription or a resource group has its own lines."""
        kind = node.kind.lower()
        own = [child for child in node.children.values() if _has_a_line(kind, child)]
        inside = [child for child in node.children.values() if child not in own]
        folded = [one for child in inside for one in (child, *child.below())]
        notes = " · ".join(
            [*self._facts(node), *self._extra.get(id(node), ()), *self._notes(folded)]
        )
        label = f"{escape(node.name)}  [dim]{escape(shown(node.kind))}[/dim]"
        branch = drawn.add(f"{label}  [cyan]{escape(notes)}[/cyan]" if notes else label)
        for child in own:
            self.draw(branch, child)

    def _facts(self, node: Node) -> Iterator[str]:
        body = self._body(node)
        yield from highlights(body)
        yield from (" ".join(part.split()) for part in parts(body))

    def _body(self, node: Node) -> Mapping[str, Any]:
        return self._in_arm.get(normalized(node.resource.id), {}) if node.resource else {}

    def _target(self, endpoint: Node) -> str:
        links = _properties(self._body(endpoint)).get("privateLinkServiceConnections") or [{}]
        return normalized(_properties(links[0]).get("privateLinkServiceId", ""))

    def _addresses(self, endpoint: Node) -> list[str]:
        """The addresses that names lead to: those of the zone group's records."""
        groups = [node for node in endpoint.below() if node.kind.lower() == ZONE_GROUP]
        found = [
            address
            for group in groups
            for zone in _properties(self._body(group)).get("privateDnsZoneConfigs") or []
            for record in _properties(zone).get("recordSets") or []
            for address in record.get("ipAddresses") or []
        ]
        return [", ".join(dict.fromkeys(found))] if found else []

    def _notes(self, nodes: Iterable[Node]) -> list[str]:
        """Names first, then words, then counts."""
        named: dict[str, list[str]] = {}
        words: dict[str, None] = {}
        counted: Counter[str] = Counter()
        for node in nodes:
            kind = node.kind.lower()
            if node.resource and kind in COUNTED:
                counted[kind] += 1
            elif node.resource and kind in WORDS:
                words[WORDS[kind]] = None
            elif node.resource or kind in NAMED:
                facts = " ".join([node.name, *highlights(self._body(node))])
                named.setdefault(NAMED.get(kind, shown(node.kind)), []).append(facts)
        return [
            *(f"{word} {', '.join(names)}" for word, names in named.items()),
            *words,
            *(f"{count} {COUNTED[kind][count > 1]}" for kind, count in counted.items()),
        ]

    def _note(self, node: Node, note: str) -> None:
        self._extra.setdefault(id(node), []).append(note)


def _properties(body: Mapping[str, Any]) -> Mapping[str, Any]:
    found: Mapping[str, Any] = body.get("properties") or {}
    return found


def _last_names(node: Node) -> list[str]:
    return [child.resource.name.lower() for child in node.children.values() if child.resource]


def _has_a_line(parent: str, child: Node) -> bool:
    """Whether a place is more than a note on the one it stands in."""
    kind = child.kind.lower()
    if parent == SUBSCRIPTION:
        return kind == GROUP
    return parent == GROUP and kind not in COUNTED and kind not in WORDS
