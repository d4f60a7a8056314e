"""References: found, resolved, refused."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from landing_zone.errors import PermanentError
from landing_zone.references import (
    newest,
    reference,
    referenced_keys,
    resolved,
    resolved_where_known,
)

KEYS = st.from_regex(r"[a-z0-9:_-]{1,12}", fullmatch=True)
NAMES = st.from_regex(r"[A-Za-z0-9]{1,12}", fullmatch=True)
PLAIN = st.text(st.characters(exclude_characters="${}"), max_size=8)


@st.composite
def values(draw: st.DrawFn) -> tuple[Any, Any, dict[str, dict[str, str]]]:
    """A JSON value with references, the same with their outputs, and those outputs."""
    outputs = draw(st.dictionaries(KEYS, st.dictionaries(NAMES, PLAIN, min_size=1), min_size=1))
    known = [(key, name) for key, found in outputs.items() for name in found]

    def pair(before: str, place: tuple[str, str], after: str) -> tuple[str, str]:
        key, name = place
        text = f"{before}{reference(key, name)}{after}"
        return text, f"{before}{outputs[key][name]}{after}"

    text = st.builds(pair, PLAIN, st.sampled_from(known), PLAIN)
    scalar = st.one_of(st.none(), st.booleans(), st.integers(), PLAIN).map(lambda one: (one, one))
    both = draw(
        st.recursive(
            st.one_of(text, scalar),
            lambda inner: st.one_of(
                st.lists(inner, max_size=3).map(
                    lambda items: ([one for one, _ in items], [other for _, other in items])
                ),
                st.dictionaries(PLAIN, inner, max_size=3).map(
                    lambda items: (
                        {name: one for name, (one, _) in items.items()},
                        {name: other for name, (_, other) in items.items()},
                    )
                ),
            ),
            max_leaves=8,
        )
    )
    return both[0], both[1], outputs


@given(values())
def test_every_reference_is_replaced_by_its_output(
    drawn: tuple[Any, Any, dict[str, dict[str, str]]],
) -> None:
    """Wherever in the value it stands; all else stays as it is."""
    value, wanted, outputs = drawn
    assert resolved(value, outputs) == wanted
    assert referenced_keys(wanted) == frozenset()


@given(values())
def test_value_refers_to_exactly_the_keys_that_it_cannot_do_without(
    drawn: tuple[Any, Any, dict[str, dict[str, str]]],
) -> None:
    """Taking away the outputs of one of them makes it unresolvable, of any other does not."""
    value, _, outputs = drawn
    for key in outputs:
        rest = {other: found for other, found in outputs.items() if other != key}
        if key in referenced_keys(value):
            with pytest.raises(PermanentError, match="UnresolvedReference"):
                resolved(value, rest)
        else:
            resolved(value, rest)


@given(KEYS, NAMES)
def test_reference_names_its_key(key: str, name: str) -> None:
    """What is written is read."""
    assert referenced_keys(reference(key, name)) == {key}


def test_output_that_is_not_there_is_named() -> None:
    """The message says which resource and which output."""
    with pytest.raises(PermanentError, match="'alias' has not yielded 'id'") as caught:
        resolved("${alias.id}", {"alias": {"name": "x"}})
    assert caught.value.code == "UnresolvedReference"


def test_for_people_what_is_known_is_replaced_and_the_rest_is_left() -> None:
    """An id is shown as far as it is known."""
    text = "/subscriptions/${subscription.subscriptionId}/x/${other.id}"
    known = {"subscription": {"subscriptionId": "42"}}
    assert resolved_where_known(text, known) == "/subscriptions/42/x/${other.id}"


def test_names_of_properties_are_resolved_too() -> None:
    """Azure maps the ids of identities to what it says of them."""
    body: dict[str, Any] = {"identities": {f"/ids/{reference('one', 'id')}": {}}}
    assert referenced_keys(body) == {"one"}
    assert resolved(body, {"one": {"id": "1"}}) == {"identities": {"/ids/1": {}}}


def test_what_somebody_has_newly_learned_counts() -> None:
    """Whoever has not heard of a resource that was made anew tells what was known before."""
    before = {"identity": {"principalId": "old"}, "cluster": {"issuer": "here"}}
    fresh = {"identity": {"principalId": "new"}, "cluster": {"issuer": "here"}}
    for told in ([fresh, before], [before, fresh], [before, fresh, before]):
        assert newest(before, told) == fresh
    assert newest(before, []) == newest(before, [{}, before]) == before
    assert newest({}, [{"a": {"id": "1"}}, {"b": {"id": "2"}}]) == {
        "a": {"id": "1"},
        "b": {"id": "2"},
    }
    assert before["identity"] == {"principalId": "old"}
