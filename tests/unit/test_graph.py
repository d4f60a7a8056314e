"""Graphs: what leaves the order alone and what cannot be left out."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from landing_zone.graph import (
    Graph,
    ancestors,
    critical_path,
    reduced,
    reversed_graph,
    subgraph,
    topological,
)


@st.composite
def graphs(draw: st.DrawFn, most: int = 8) -> dict[str, frozenset[str]]:
    """Acyclic graphs, their nodes in no order that their names tell."""
    names = draw(st.permutations("abcdefghij"[: draw(st.integers(0, most))]))
    return {
        name: draw(st.frozensets(st.sampled_from(names[:index]))) if index else frozenset()
        for index, name in enumerate(names)
    }


def reachable(graph: Graph, start: str) -> set[str]:
    """All nodes that a node waits for, found by walking."""
    found: set[str] = set()
    front = list(graph[start])
    while front:
        node = front.pop()
        if node not in found:
            found.add(node)
            front.extend(graph[node])
    return found


def order_of(graph: Graph) -> dict[str, set[str]]:
    """The order that a graph means."""
    return {node: reachable(graph, node) for node in graph}


def chains(graph: Graph) -> list[tuple[str, ...]]:
    """Every chain of a graph, each as long as it goes."""

    def below(node: str) -> list[tuple[str, ...]]:
        if not graph[node]:
            return [(node,)]
        return [(*chain, node) for edge in graph[node] for chain in below(edge)]

    return [chain for node in graph for chain in below(node)]


@given(graphs())
def test_topological_order_puts_each_node_after_all_it_waits_for(graph: Graph) -> None:
    """Every node is there once."""
    order = topological(graph)
    place = {node: index for index, node in enumerate(order)}
    assert sorted(order) == sorted(graph)
    assert all(place[edge] < place[node] for node in graph for edge in graph[node])


@given(graphs())
def test_topological_order_does_not_depend_on_the_mapping(graph: Graph) -> None:
    """The same graph written in another order has the same order."""
    assert topological(dict(sorted(graph.items()))) == topological(graph)


def test_cycle_is_refused_and_shown() -> None:
    """The nodes of the cycle are named."""
    with pytest.raises(ValueError, match=r"cycle: .*a.* > .*b"):
        topological({"a": frozenset("b"), "b": frozenset("a"), "c": frozenset()})


def test_node_that_is_not_held_is_refused_and_named() -> None:
    """A misspelt dependency cannot pass for none."""
    with pytest.raises(ValueError, match="unknown nodes: x, y"):
        topological({"a": frozenset({"y", "x"})})


@given(graphs())
def test_ancestors_are_all_that_walking_finds(graph: Graph) -> None:
    """Directly or through others."""
    assert ancestors(graph) == order_of(graph)


@given(graphs())
def test_reduction_keeps_the_order(graph: Graph) -> None:
    """What could be reached can be reached."""
    assert order_of(reduced(graph)) == order_of(graph)


@given(graphs())
def test_reduction_is_minimal(graph: Graph) -> None:
    """Without any one of its edges the order would be another."""
    small = reduced(graph)
    for node, edges in small.items():
        for edge in edges:
            without = small | {node: edges - {edge}}
            assert edge not in reachable(without, node)


@given(graphs())
def test_reversal_turns_every_edge_and_back(graph: Graph) -> None:
    """Twice reversed it is itself."""
    turned = reversed_graph(graph)
    assert {(one, other) for one in turned for other in turned[one]} == {
        (other, one) for one in graph for other in graph[one]
    }
    assert reversed_graph(turned) == graph


@given(graphs(), st.data())
def test_subgraph_keeps_the_order_among_those_kept(graph: Graph, data: st.DataObject) -> None:
    """Waiting through a dropped node stays waiting."""
    keep = data.draw(st.frozensets(st.sampled_from(sorted(graph)))) if graph else frozenset()
    part = subgraph(graph, keep)
    assert order_of(part) == {node: reachable(graph, node) & keep for node in keep}
    assert reduced(part) == part


@given(graphs(most=6), st.data())
def test_critical_path_is_the_longest_of_all_chains(graph: Graph, data: st.DataObject) -> None:
    """Compared with every chain there is."""
    seconds = {node: float(data.draw(st.integers(0, 9), label=node)) for node in graph}
    path = critical_path(graph, seconds.__getitem__)
    longest = max((sum(map(seconds.__getitem__, chain)) for chain in chains(graph)), default=0.0)
    assert path.seconds == longest
    assert sum(map(seconds.__getitem__, path.keys)) == longest
    assert all(before in graph[node] for before, node in pairwise(path.keys))
