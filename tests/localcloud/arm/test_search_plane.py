"""AI Search's data plane: who may define indexes, and which definitions it takes."""

from collections.abc import Callable
from copy import deepcopy
from typing import Any

import pytest

from landing_zone.planning.search import index_definition
from tests.localcloud.arm import bodies as b
from tests.localcloud.arm.conftest import HUB_GROUP, Arm
from tests.localcloud.arm.data_planes import LONG, Planes, grant

INDEXES = "search/srch-hub-weu/indexes"
INDEX = f"{INDEXES}/tenant-t"
OWN = b.at(HUB_GROUP, "Microsoft.Search/searchServices", "srch-t")
CONTRIBUTOR = "7ca78c08-252a-4471-8644-bb5ff32d4ba0"
DATA_CONTRIBUTOR = "8ebe5a00-799e-43f5-93ac-243d3dce84a7"
STRANGER = "0f000000-0000-4000-8000-00000000000a"

type Change = Callable[[dict[str, Any]], object]


@pytest.fixture
def planes(arm: Arm) -> Planes:
    """The hub's service, as it stands for the automation."""
    return Planes(arm)


def definition(name: str = "tenant-t") -> dict[str, Any]:
    """The index that a tenant gets."""
    return {"name": name, **index_definition()}


def field(body: dict[str, Any], name: str) -> dict[str, Any]:
    """One field of a definition."""
    found: dict[str, Any] = next(one for one in body["fields"] if one["name"] == name)
    return found


def test_an_index_is_made_read_listed_and_removed(planes: Planes) -> None:
    """By either spelling of its address."""
    made = planes.call("PUT", INDEX, definition())
    assert made.status == 201
    assert field(made.body, "embedding")["stored"] is True
    assert planes.call("GET", f"{INDEXES}('tenant-t')").body == made.body
    assert planes.call("GET", INDEXES).body == {"value": [made.body]}
    assert planes.call("PUT", INDEX, definition()).status == 200
    assert planes.call("DELETE", INDEX).status == 204
    gone = planes.call("GET", INDEX)
    assert (gone.status, gone.code) == (404, "")
    assert "No index with the name 'tenant-t'" in gone.body["error"]["message"]


def test_an_index_is_created_once(planes: Planes) -> None:
    """A POST does not replace what is there."""
    assert planes.call("POST", INDEXES, definition()).status == 201
    assert planes.call("POST", INDEXES, definition()).code == "ResourceNameAlreadyInUse"


def test_indexes_outlive_the_process_and_end_with_their_service(arm: Arm) -> None:
    """They are records like all others."""
    arm.made(OWN, b.search(disableLocalAuth=True), b.SEARCH)
    grant(arm, OWN, CONTRIBUTOR)
    planes = Planes(arm)
    assert planes.call("PUT", "search/srch-t/indexes/i1", definition("i1")).status == 201
    arm.reopened()
    assert planes.call("GET", "search/srch-t/indexes/i1").status == 200
    arm.delete(OWN, b.SEARCH)
    arm.advance(LONG)
    assert planes.call("GET", "search/srch-t/indexes/i1").code == "NameNotResolved"
    arm.made(OWN, b.search(disableLocalAuth=True), b.SEARCH)
    grant(arm, OWN, CONTRIBUTOR)
    assert planes.call("GET", "search/srch-t/indexes").body == {"value": []}


def test_roles_of_index_data_do_not_define_indexes(arm: Arm) -> None:
    """Only contributors of the service do; the refusal says no more than that."""
    grant(arm, f"{b.HUB_SEARCH}/indexes/tenant-t", DATA_CONTRIBUTOR, STRANGER)
    refused = Planes(arm, STRANGER).call("PUT", INDEX, definition())
    assert refused.status == 403
    assert refused.body == {"error": {"code": "", "message": "Authorization failed."}}
    grant(arm, f"{b.HUB_SEARCH}/indexes/tenant-t", CONTRIBUTOR, STRANGER)
    assert Planes(arm, STRANGER).call("PUT", INDEX, definition()).status == 201
    assert Planes(arm, STRANGER).call("GET", INDEXES).status == 403


def test_a_service_of_keys_alone_takes_no_tokens(arm: Arm) -> None:
    """As a service is made unless it is told otherwise."""
    arm.made(OWN, b.search(), b.SEARCH)
    grant(arm, OWN, CONTRIBUTOR)
    assert Planes(arm).call("GET", "search/srch-t/indexes").status == 403


def test_the_hubs_service_is_reached_by_its_endpoint_alone(planes: Planes) -> None:
    """Without it the automation comes from the internet, where it is closed."""
    endpoint = b.at(HUB_GROUP, "Microsoft.Network/privateEndpoints", "pe-srch-hub-weu")
    for path in (f"{endpoint}/privateDnsZoneGroups/default", endpoint):
        planes.arm.delete(path)
        planes.arm.advance(LONG)
    assert planes.inner(planes.call("GET", INDEXES)) == "ForbiddenByConnection"


def test_a_service_takes_as_many_indexes_as_its_tier(arm: Arm) -> None:
    """Fifteen in the tier basic."""
    arm.made(OWN, b.search(disableLocalAuth=True), b.SEARCH)
    grant(arm, OWN, CONTRIBUTOR)
    planes = Planes(arm)
    for number in range(15):
        name = f"i-{number}"
        assert planes.call("PUT", f"search/srch-t/indexes/{name}", definition(name)).status == 201
    full = planes.call("PUT", "search/srch-t/indexes/more", definition("more"))
    assert (full.status, full.code) == (403, "QuotaExceeded")
    assert planes.call("PUT", "search/srch-t/indexes/i-0", definition("i-0")).status == 200


def test_conditions_are_held(planes: Planes) -> None:
    """As the SDKs send them."""
    made = planes.call("PUT", INDEX, definition(), if_none_match="*")
    assert planes.call("PUT", INDEX, definition(), if_none_match="*").status == 412
    etag = made.headers["ETag"]
    changed = planes.call("PUT", INDEX, definition(), if_match=etag)
    assert changed.status == 200
    assert planes.call("DELETE", INDEX, if_match=etag).status == 412
    assert planes.call("DELETE", INDEX, if_match=changed.headers["ETag"]).status == 204


WRONG: dict[str, tuple[Change, str]] = {
    "no name": (lambda it: it.pop("name"), "'name' is missing"),
    "another name": (lambda it: it.update(name="other"), "is not the one of the definition"),
    "unknown property": (lambda it: it.update(colour="red"), "Could not find member 'colour'"),
    "unknown type": (lambda it: field(it, "title").update(type="Edm.Text"), "is not one of"),
    "no fields": (lambda it: it.update(fields=[]), "An index has 1 to 1000 fields"),
    "no key": (lambda it: field(it, "id").update(key=False), "exactly one key field"),
    "two keys": (lambda it: field(it, "title").update(key=True), "exactly one key field"),
    "key of numbers": (lambda it: field(it, "id").update(type="Edm.Int32"), "retrievable Edm.S"),
    "same field twice": (lambda it: it["fields"].append(it["fields"][1]), "have the same name"),
    "bad field name": (lambda it: field(it, "title").update(name="1st"), "'1st' is invalid"),
    "no dimensions": (
        lambda it: field(it, "embedding").pop("dimensions"),
        "must have the property 'dimensions' set",
    ),
    "too many dimensions": (
        lambda it: field(it, "embedding").update(dimensions=4097),
        "2 to 4096 are allowed",
    ),
    "no profile": (
        lambda it: field(it, "embedding").pop("vectorSearchProfile"),
        "must have the property 'vectorSearchProfile' set",
    ),
    "unknown profile": (
        lambda it: field(it, "embedding").update(vectorSearchProfile="other"),
        "profile 'other' that is not defined",
    ),
    "vector to sort by": (
        lambda it: field(it, "embedding").update(sortable=True),
        "cannot be sortable",
    ),
    "vector not searched": (
        lambda it: field(it, "embedding").update(searchable=False),
        "must be searchable",
    ),
    "single number": (
        lambda it: field(it, "title").update(type="Edm.Single", searchable=False),
        "cannot be of the type 'Edm.Single'",
    ),
    "text with dimensions": (lambda it: field(it, "title").update(dimensions=3), "is no vector"),
    "numbers searched": (
        lambda it: field(it, "title").update(type="Edm.Int32", searchable=True),
        "is not searchable",
    ),
    "unknown algorithm": (
        lambda it: it["vectorSearch"]["profiles"][0].update(algorithm="other"),
        "uses an algorithm 'other'",
    ),
    "unknown metric": (
        lambda it: it["vectorSearch"]["algorithms"][0]["hnswParameters"].update(metric="far"),
        "'far' is not one of",
    ),
    "too many links": (
        lambda it: it["vectorSearch"]["algorithms"][0]["hnswParameters"].update(m=11),
        "is 4 to 10",
    ),
    "unknown semantic default": (
        lambda it: it["semantic"].update(defaultConfiguration="other"),
        "'other' is not defined",
    ),
    "semantic field that is no text": (
        lambda it: it["semantic"]["configurations"][0]["prioritizedFields"].update(
            titleField={"fieldName": "embedding"}
        ),
        "no text field",
    ),
}


@pytest.mark.parametrize("fault", WRONG)
def test_a_wrong_definition_is_refused_and_told_why(planes: Planes, fault: str) -> None:
    """400, and nothing is made."""
    change, message = WRONG[fault]
    body = deepcopy(definition())
    change(body)
    reply = planes.call("PUT", INDEX, body)
    assert (reply.status, reply.code) == (400, "InvalidRequestParameter"), reply.body
    assert message in reply.body["error"]["message"]
    assert planes.call("GET", INDEX).status == 404


@pytest.mark.parametrize("name", ["Upper", "a", "-a", "a--b", "a.b"])
def test_a_wrong_name_is_refused(planes: Planes, name: str) -> None:
    """Lower case, no two hyphens in a row."""
    reply = planes.call("PUT", f"{INDEXES}/{name}", definition(name))
    assert (reply.status, "is invalid" in reply.body["error"]["message"]) == (400, True)


def test_an_index_grows_but_what_it_is_built_on_stays(planes: Planes) -> None:
    """A change that needs a rebuild is refused."""
    planes.call("PUT", INDEX, definition())
    grown = definition()
    grown["fields"].append({"name": "author", "type": "Edm.String"})
    field(grown, "metadata")["retrievable"] = False
    assert planes.call("PUT", INDEX, grown).status == 200
    longer = deepcopy(grown)
    field(longer, "embedding")["dimensions"] = 1536
    for changed in (definition(), longer):
        reply = planes.call("PUT", INDEX, changed)
        assert (reply.status, reply.code) == (400, "OperationNotAllowed")
    assert field(planes.call("GET", INDEX).body, "embedding")["dimensions"] == 3072


def test_wrong_paths_versions_and_methods_are_refused(planes: Planes) -> None:
    """As the service refuses them."""
    assert planes.call("GET", "search/srch-hub-weu/aliases").status == 404
    assert planes.call("PATCH", INDEX, {}).status == 405
    assert planes.call("GET", f"{INDEXES}?api-version=2019-05-06").code == "UnsupportedApiVersion"
    assert planes.call("GET", "search/nowhere/indexes").code == "NameNotResolved"


def test_arm_does_not_know_indexes(planes: Planes) -> None:
    """They are data: neither read nor written there, nor told of by the provider."""
    planes.call("PUT", INDEX, definition())
    path = f"{b.HUB_SEARCH}/indexes/tenant-t"
    assert planes.arm.get(path, b.SEARCH).status == 400
    assert planes.arm.put(path, {"properties": {}}, b.SEARCH).status == 400
