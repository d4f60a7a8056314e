"""Directed acyclic graphs of named nodes: what the plan's dependencies are made of.

A graph is a mapping from each node to the nodes it waits for.
"""

from collections.abc import Callable, Mapping
from graphlib import CycleError, TopologicalSorter
from typing import NamedTuple

type Graph = Mapping[str, frozenset[str]]


class CriticalPath(NamedTuple):
    """The longest chain of a graph.

    Attributes:
        keys: Its nodes, first to last.
        seconds: The sum of their durations.
    """

    keys: tuple[str, ...]
    seconds: float


def topological(graph: Graph) -> tuple[str, ...]:
    """The nodes in an order in which each comes after all it waits for; ties by name.

    Raises:
        ValueError: The graph has a cycle or names a node that it does not hold.
    """
    return tuple(node for level in levels(graph) for node in level)


def levels(graph: Graph) -> tuple[tuple[str, ...], ...]:
    """The nodes in groups, each of which waits for earlier groups alone; by name within a group.

    Raises:
        ValueError: The graph has a cycle or names a node that it does not hold.
    """
    unknown = {edge for edges in graph.values() for edge in edges} - set(graph)
    if unknown:
        raise ValueError(f"unknown nodes: {', '.join(sorted(unknown))}")
    sorter = TopologicalSorter(graph)
    try:
        sorter.prepare()
    except CycleError as error:
        raise ValueError(f"cycle: {' > '.join(error.args[1])}") from error
    found: list[tuple[str, ...]] = []
    while sorter.is_active():
        ready = sorted(sorter.get_ready())
        found.append(tuple(ready))
        sorter.done(*ready)
    return tuple(found)


def ancestors(graph: Graph) -> dict[str, frozenset[str]]:
    """For each node all that it waits for, directly or through others."""
    result: dict[str, frozenset[str]] = {}
    for node in topological(graph):
        direct = graph[node]
        result[node] = direct.union(*(result[edge] for edge in direct))
    return result


def reduced(graph: Graph) -> dict[str, frozenset[str]]:
    """The same order with every edge left out that follows from others."""
    above = ancestors(graph)
    return {
        node: frozenset(edge for edge in edges if not any(edge in above[other] for other in edges))
        for node, edges in graph.items()
    }


def reversed_graph(graph: Graph) -> dict[str, frozenset[str]]:
    """The graph in which each node waits for those that waited for it."""
    waiting: dict[str, list[str]] = {node: [] for node in graph}
    for node, edges in graph.items():
        for edge in edges & waiting.keys():
            waiting[edge].append(node)
    return {node: frozenset(others) for node, others in waiting.items()}


def subgraph(graph: Graph, keep: frozenset[str]) -> dict[str, frozenset[str]]:
    """The graph of some nodes, in which waiting for a dropped node is waiting for what it did."""
    above = ancestors(graph)
    return reduced({node: above[node] & keep for node in graph if node in keep})


def critical_path(graph: Graph, seconds: Callable[[str], float]) -> CriticalPath:
    """The chain of nodes that takes longest, each node taking `seconds(node)`."""
    best: dict[str, CriticalPath] = {}
    for node in topological(graph):
        before = max(
            (best[edge] for edge in sorted(graph[node])),
            key=lambda path: path.seconds,
            default=CriticalPath((), 0.0),
        )
        best[node] = CriticalPath((*before.keys, node), before.seconds + seconds(node))
    return max(best.values(), key=lambda path: path.seconds, default=CriticalPath((), 0.0))
