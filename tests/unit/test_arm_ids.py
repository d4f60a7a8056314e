"""ARM ids: built, compared and taken apart."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from landing_zone.arm_ids import (
    LONGEST,
    arm_id,
    is_legal,
    normalized,
    resource_group_id,
    resource_type,
    same_id,
    subscription_scope,
)
from tests.unit.strategies import ALNUM

GROUP = "/subscriptions/s/resourceGroups/g"


def names() -> st.SearchStrategy[str]:
    """Names as resources have them."""
    return st.text(ALNUM + "-_.", min_size=1, max_size=12)


def test_ids_are_spelt_as_azure_spells_them() -> None:
    """Each kind of scope has its form."""
    assert subscription_scope("s") == "/subscriptions/s"
    assert resource_group_id("s", "g") == GROUP
    assert arm_id("", "Microsoft.Management/managementGroups", "root") == (
        "/providers/Microsoft.Management/managementGroups/root"
    )
    assert arm_id(GROUP, "Microsoft.Network/virtualNetworks/subnets", "v", "a") == (
        f"{GROUP}/providers/Microsoft.Network/virtualNetworks/v/subnets/a"
    )


def test_names_must_match_the_type() -> None:
    """A child needs its parent's name."""
    with pytest.raises(ValueError, match="takes 2 names, not 1"):
        arm_id(GROUP, "Microsoft.Network/virtualNetworks/subnets", "v")


@given(st.lists(names(), min_size=1, max_size=3))
def test_type_is_read_back_from_the_id(found: list[str]) -> None:
    """Taking apart undoes building."""
    kind = "/".join(["Microsoft.Test", *(f"type{index}s" for index in range(len(found)))])
    assert resource_type(arm_id(GROUP, kind, *found)) == kind


@pytest.mark.parametrize(
    ("found", "kind"),
    [
        ("/subscriptions/s", "Microsoft.Resources/subscriptions"),
        (GROUP, "Microsoft.Resources/resourceGroups"),
        (GROUP.lower() + "/", "Microsoft.Resources/resourceGroups"),
        (
            f"{GROUP}/providers/A.B/cs/d/PROVIDERS/Microsoft.Authorization/locks/l",
            "Microsoft.Authorization/locks",
        ),
        ("/providers/Microsoft.Subscription/aliases/a", "Microsoft.Subscription/aliases"),
    ],
)
def test_type_of_scopes_and_extensions(found: str, kind: str) -> None:
    """The last provider counts, in any case."""
    assert resource_type(found) == kind


@pytest.mark.parametrize(
    "found",
    ["", "/", "/subscriptions", "/tenants/t", "/providers/A.B", "/providers/A.B/cs", f"{GROUP}/x"],
)
def test_id_that_names_no_resource_has_no_type(found: str) -> None:
    """A collection or a fragment is not a resource."""
    with pytest.raises(ValueError, match="names no resource"):
        resource_type(found)


@given(names().filter(lambda name: name not in {".", ".."}))
def test_what_resources_are_named_is_legal(name: str) -> None:
    """With a slash at its end or without."""
    assert is_legal(resource_group_id("s", name))
    assert is_legal(f"{GROUP}/providers/A.B/cs/{name}/")


@pytest.mark.parametrize(
    "found",
    [
        "x",
        f"x{GROUP}",
        f"{GROUP}//x",
        f"{GROUP}/..",
        f"{GROUP}/.",
        f"{GROUP}?x",
        f"{GROUP}#x",
        f"{GROUP}%2f",
        f"{GROUP}\\x",
        f"{GROUP} ",
        f"{GROUP}\n",
        f"{GROUP}\u202e",
        f"{GROUP}/{'x' * LONGEST}",
    ],
)
def test_what_leads_elsewhere_is_not_legal(found: str) -> None:
    """Nor what no resource is named, or what hides something."""
    assert not is_legal(found)


@given(names())
def test_ids_are_equal_without_regard_to_case(name: str) -> None:
    """Azure changes the casing between its own answers."""
    one = resource_group_id("s", name)
    assert same_id(one.upper(), one.lower() + "/")
    assert normalized(normalized(one)) == normalized(one)
    assert not same_id(one, one + "x")
