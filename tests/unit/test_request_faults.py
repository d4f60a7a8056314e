"""Every kind of fault in a tenant request: where it is reported, and in which words."""

import copy
from datetime import UTC, datetime
from typing import Any

import pytest

from landing_zone.request_parsing import Fault, InvalidRequest, parse_tenant_document
from tests.unit.test_tenant_request import minimal

NOON = datetime(2026, 1, 2, 12, tzinfo=UTC)
GROUP = "11111111-1111-1111-1111-111111111111"
NODES = {"size": "Standard_D4ds_v5", "min": 1, "max": 3}
MODEL = {"deployment": "gpt-5-mini", "tokensPerMinute": 1, "tokensPerMonth": 1}


def faults_of(document: object) -> tuple[Fault, ...]:
    """What is wrong with a document."""
    with pytest.raises(InvalidRequest) as caught:
        parse_tenant_document(document)
    return caught.value.faults


def changed(path: str, value: object) -> dict[str, Any]:
    """A valid document in which one place holds another value."""
    document = copy.deepcopy(minimal())
    *parents, last = path.split(".")
    place = document
    for key in parents:
        place = place.setdefault(key, {})
    place[last] = value
    return document


# Path that is set, value, path of the fault, a part of its message, a part of what is allowed.
CASES: list[tuple[str, object, str, str, str]] = [
    ("apiVersion", "spokewright/v2", "apiVersion", "spokewright/v2", "spokewright/v1"),
    ("tenantId", "ab", "tenantId", "2 characters", "3 to 20"),
    ("tenantId", "a" * 21, "tenantId", "21 characters", "3 to 20"),
    ("tenantId", "Contoso", "tenantId", '"Contoso" is not a tenant id', "a-z"),
    ("tenantId", "-contoso", "tenantId", "not a tenant id", "both ends"),
    ("tenantId", "contoso-", "tenantId", "not a tenant id", "both ends"),
    ("tenantId", "con_toso", "tenantId", "not a tenant id", "a-z"),
    ("tenantId", "../../x", "tenantId", "not a tenant id", "a-z"),
    ("tenantId", "contoso\n", "tenantId", "not a tenant id", "a-z"),
    ("tenantId", "", "tenantId", "is empty", "3 to 20"),
    ("tenantId", None, "tenantId", "not nothing", "3 to 20"),
    ("tenantId", 12345, "tenantId", "the number 12345; put it in quotes", "3 to 20"),
    ("tenantId", False, "tenantId", "the truth value false; put it in quotes", "3 to 20"),
    ("tenantId", ["a"], "tenantId", "not a list", "3 to 20"),
    ("tenantId", "my-windows-team", "tenantId", "which Azure reserves", "3 to 20"),
    ("displayName", "x" * 65, "displayName", "65 characters", "1 to 64"),
    ("displayName", "<b>Contoso</b>", "displayName", "not a display name", "punctuation"),
    ("displayName", "=cmd()", "displayName", "not a display name", "punctuation"),
    ("displayName", " Contoso", "displayName", "not a display name", "punctuation"),
    ("displayName", "Contoso\u202e", "displayName", "cannot be seen", "punctuation"),
    ("displayName", "Con\ud800toso", "displayName", "is not a display name", "punctuation"),
    ("owner", "me", "owner", 'must be a mapping, not the text "me"', "group, email"),
    ("owner.group", "research", "owner.group", '"research" is not a UUID', "a UUID such as"),
    ("owner.group", f"{{{GROUP}}}", "owner.group", "is not a UUID", "a UUID such as"),
    ("owner.group", GROUP.replace("1", "0"), "owner.group", "nil UUID", "a UUID such as"),
    ("owner.group", 5, "owner.group", "the number 5", "a UUID such as"),
    ("owner.email", "research", "owner.email", "not an e-mail address", "name@contoso.com"),
    ("owner.email", "a b@contoso.com", "owner.email", "not an e-mail address", "@"),
    ("owner.email", "a..b@contoso.com", "owner.email", "not an e-mail address", "@"),
    ("owner.email", "a@localhost", "owner.email", "not an e-mail address", "@"),
    ("owner.email", "a@contoso.com\nBcc: b", "owner.email", "not an e-mail address", "@"),
    ("costCenter", "CC 1", "costCenter", "not a plain label", "A-Z"),
    ("costCenter", 1042, "costCenter", "put it in quotes", "A-Z"),
    ("application", "a/b", "application", "not a plain label", "A-Z"),
    ("environment", "production", "environment", "production", "dev, test or prod"),
    ("environment", False, "environment", "truth value false", "dev, test or prod"),
    ("region", "West Europe", "region", "not a region's name", "westeurope"),
    ("isolation", "vm", "isolation", "vm", "namespace, nodepool or cluster"),
    ("network", None, "network", "must be a mapping, not nothing", "prefixLength"),
    ("network.prefixLength", 28, "network.prefixLength", "out of range", "22 to 27"),
    ("network.prefixLength", 21, "network.prefixLength", "out of range", "22 to 27"),
    ("network.prefixLength", "24", "network.prefixLength", 'the text "24"', "22 to 27"),
    ("network.prefixLength", 24.0, "network.prefixLength", "whole number", "22 to 27"),
    ("network.prefixLength", True, "network.prefixLength", "truth value", "22 to 27"),
    ("network.prefixLength", 10**5000, "network.prefixLength", "more than 18 digits", "22 to 27"),
    ("data.storage", "yes", "data.storage", 'the text "yes"', "true or false"),
    ("data.storage", 1, "data.storage", "the number 1", "true or false"),
    ("data.database", "mysql", "data.database", "mysql", "cosmos, postgresql or none"),
    ("data.vectorIndex", "own", "data.vectorIndex", "own", "shared, dedicated or none"),
    ("ai.models", {"a": 1}, "ai.models", "must be a list, not a mapping", "a list"),
    ("ai.models", [{}], "ai.models[0].deployment", "is missing", "1 to 64"),
    ("ai.models", [MODEL] * 51, "ai.models", "too many entries", "at most 50"),
    (
        "ai.models",
        [MODEL, {**MODEL, "deployment": "GPT-5-mini"}],
        "ai.models[1].deployment",
        "there already, at position 1",
        "each value once",
    ),
    (
        "ai.models",
        [{**MODEL, "tokensPerMinute": 0}],
        "ai.models[0].tokensPerMinute",
        "out of range",
        "1 to",
    ),
    ("ai.services", ["vision"], "ai.services[0]", "vision", "documentIntelligence, speech or"),
    ("ai.services", ["speech", "speech"], "ai.services[1]", "there already", "once"),
    ("ai.safety.redactPii", "no", "ai.safety.redactPii", 'the text "no"', "true or false"),
    ("ai.safety.contentFilter", "a b", "ai.safety.contentFilter", "not a plain label", "A-Z"),
    ("api.auth", "none", "api.auth", "none", "token, key or both"),
    ("api.keyRotationDays", 0, "api.keyRotationDays", "out of range", "1 to 365"),
    ("compute.cpu", 0, "compute.cpu", "out of range", "1 to"),
    ("compute.memoryGiB", -1, "compute.memoryGiB", "out of range", "1 to"),
    ("compute.nodes", {**NODES, "min": 4}, "compute.nodes.max", "less than min", "min or more"),
    ("compute.nodes", {**NODES, "max": 1001}, "compute.nodes.max", "out of range", "1 to 1000"),
    ("compute.nodes", {**NODES, "size": "D4"}, "compute.nodes.size", "2 characters", "Standard_"),
    ("isolation", "nodepool", "compute.nodes", "is missing", "size, min and max"),
    ("isolation", "cluster", "compute.nodes", "is missing", "size, min and max"),
    ("egress.profiles", ["internet"], "egress.profiles[0]", "internet", "azure or github"),
    ("egress.fqdns", ["10.0.0.1"], "egress.fqdns[0]", "not a host name", "no address"),
    ("egress.fqdns", ["*"], "egress.fqdns[0]", "1 character long", "host name"),
    ("egress.fqdns", ["*.com"], "egress.fqdns[0]", "not a host name", "host name"),
    ("egress.fqdns", ["a.*.com"], "egress.fqdns[0]", "not a host name", "host name"),
    ("egress.fqdns", ["a.com:443"], "egress.fqdns[0]", "not a host name", "port"),
    ("egress.fqdns", ["https://a.com"], "egress.fqdns[0]", "not a host name", "path"),
    ("egress.fqdns", [f"{'a' * 64}.com"], "egress.fqdns[0]", "not a host name", "host name"),
    ("egress.fqdns", ["a.com", "A.com"], "egress.fqdns[1]", "there already", "once"),
    ("access.readers", [GROUP, GROUP], "access.readers[1]", "there already", "once"),
    (
        "access",
        {"contributors": [GROUP], "readers": [GROUP]},
        "access.readers[0]",
        "among the contributors",
        "no contributor",
    ),
    ("budget.monthly", 0, "budget.monthly", "out of range", "more than 0"),
    ("budget.monthly", -5, "budget.monthly", "out of range", "more than 0"),
    ("budget.monthly", 10.001, "budget.monthly", "two decimals", "two decimals"),
    ("budget.monthly", "5000", "budget.monthly", 'the text "5000"', "more than 0"),
    ("budget.monthly", float("nan"), "budget.monthly", "finite", "more than 0"),
    ("budget.monthly", float("inf"), "budget.monthly", "finite", "more than 0"),
    ("budget.currency", "EURO", "budget.currency", "4 characters", "ISO 4217"),
    ("budget.currency", "ABC", "budget.currency", "not a currency code", "ISO 4217"),
    ("budget.alertAt", [], "budget.alertAt", "too few", "at least 1"),
    ("budget.alertAt", [1, 2, 3, 4, 5, 6], "budget.alertAt", "too many", "at most 5"),
    ("budget.alertAt", [80, 50], "budget.alertAt[1]", "does not come after 80", "ascending"),
    ("budget.alertAt", [50, 50], "budget.alertAt[1]", "does not come after 50", "once"),
    ("budget.alertAt", [0], "budget.alertAt[0]", "out of range", "1 to 1000"),
    ("gitops", {}, "gitops.url", "is missing", "https://"),
    ("gitops.url", "http://a.com/x", "gitops.url", "without credentials", "https://"),
    ("gitops.url", "https://me:secret@a.com/x", "gitops.url", "without credentials", "password"),
    ("gitops.url", "https://a.com/x/../y", "gitops.url", "not an https URL", "https://"),
    ("gitops.url", "https://a.com/x?y=1", "gitops.url", "not an https URL", "query"),
    ("gitops.url", "https://127.0.0.1/x", "gitops.url", "not an https URL", "https://"),
    ("subscription", {"mode": "adopt"}, "subscription.id", "mode adopt needs it", "to adopt"),
    ("subscription", {"id": GROUP}, "subscription.id", "no place with mode vend", "no id"),
    ("subscription.mode", "buy", "subscription.mode", "buy", "vend or adopt"),
    ("tenantid", "x", "tenantid", "did you mean tenantId?", "tenantId"),
    ("tenant_id", "x", "tenant_id", "did you mean tenantId?", "tenantId"),
    ("network.prefixlen", 24, "network.prefixlen", "did you mean prefixLength?", "prefixLength"),
    ("alertAt", [1], "alertAt", "did you mean budget.alertAt?", "apiVersion"),
    ("qqqqqq", 1, "qqqqqq", "is not a known key", "apiVersion"),
    ("k" * 500, 1, f'"{"k" * 60}..."', "is not a known key", "apiVersion"),
]


@pytest.mark.parametrize(
    ("path", "value", "where", "message", "allowed"),
    CASES,
    ids=[f"{case[0][:24]}-{index}" for index, case in enumerate(CASES)],
)
def test_fault_is_reported_where_it_is_with_what_is_allowed(
    path: str, value: object, where: str, message: str, allowed: str
) -> None:
    """The fault stands at its path and names what is allowed."""
    found = {fault.path: fault for fault in faults_of(changed(path, value))}
    assert where in found
    assert message in found[where].message
    assert allowed in found[where].allowed


@pytest.mark.parametrize("branch", ["-x", "a..b", "a//b", "/a", "a/", "a b", "a~1", "a.", "@{u}"])
def test_branch_that_git_refuses_is_a_fault(branch: str) -> None:
    """A branch cannot be read as an option, a range or another ref."""
    gitops = {"url": "https://github.com/a/b", "branch": branch}
    assert [fault.path for fault in faults_of(minimal(gitops=gitops))] == ["gitops.branch"]


@pytest.mark.parametrize("path", ["../x", "/etc", "a/../b", "a//b", ".", "..", "a\\b", "a b"])
def test_repository_path_that_could_climb_is_a_fault(path: str) -> None:
    """A path stays within the repository."""
    gitops = {"url": "https://github.com/a/b", "path": path}
    assert [fault.path for fault in faults_of(minimal(gitops=gitops))] == ["gitops.path"]


@pytest.mark.parametrize(("prefix", "most", "fits"), [(27, 9, True), (27, 10, False)])
def test_cluster_must_fit_into_half_of_its_spoke(prefix: int, most: int, fits: bool) -> None:
    """A /28 has 16 addresses: five are Azure's, one for an upgrade, one for the API server."""
    document = minimal(
        isolation="cluster",
        network={"prefixLength": prefix},
        compute={"nodes": {**NODES, "max": most}},
    )
    if fits:
        assert parse_tenant_document(document).isolation == "cluster"
    else:
        assert faults_of(document)[0].path == "compute.nodes.max"


def test_private_endpoints_must_fit_into_a_quarter_of_the_spoke() -> None:
    """What is needed, what there is, and which size would do; beside all other faults."""
    data = {"database": "cosmos", "vectorIndex": "dedicated"}
    document = minimal(network={"prefixLength": 27}, data=data, environment="production")
    (size, other) = sorted(faults_of(document), key=lambda fault: fault.path, reverse=True)
    assert (size.path, other.path) == ("network.prefixLength", "environment")
    assert size.message == (
        "27 leaves 3 addresses for private endpoints, and what is asked for takes 6"
    )
    assert size.allowed == "22 to 26"


@pytest.mark.parametrize("services", [["speech"], ["speech", "speech"], ["speech", "telepathy"]])
def test_what_cannot_be_had_takes_no_address(services: list[str]) -> None:
    """A service that is not known or named twice is a fault of its own."""
    document = minimal(
        network={"prefixLength": 27}, data={"storage": False}, ai={"services": services}
    )
    if len(services) == 1:
        assert parse_tenant_document(document).network.prefix_length == 27
    else:
        assert [fault.path for fault in faults_of(document)] == ["ai.services[1]"]


@pytest.mark.parametrize("document", [None, 5, "text", [], [{}], True])
def test_document_that_is_no_mapping_is_one_fault(document: object) -> None:
    """The fault is the document's own."""
    (fault,) = faults_of(document)
    assert fault.path == ""
    assert fault.message.startswith("must be a mapping")


def test_key_that_is_not_text_is_a_fault() -> None:
    """Data that comes from elsewhere than our readers is held to JSON too."""
    document: dict[Any, Any] = {**minimal(), 7: "x"}
    (fault,) = faults_of(document)
    assert fault.message == "has a key that is not text"


@pytest.mark.parametrize("value", [NOON, b"dev", {1, 2}, object()])
def test_value_that_json_does_not_know_is_a_fault(value: object) -> None:
    """So are values that only a library's reader makes."""
    for path in ("tenantId", "environment", "network", "budget.monthly", "owner.group"):
        (fault,) = faults_of(changed(path, value))
        assert fault.path == path
        assert "a value of another kind" in fault.message


def test_empty_mapping_lists_every_required_key() -> None:
    """Nine keys have no default."""
    missing = [fault.path for fault in faults_of({}) if fault.message == "is missing"]
    assert missing == list(minimal())


def test_everything_wrong_is_reported_at_once() -> None:
    """Faults of values, unknown keys and rules between values come together."""
    document = changed("owner.email", "x") | {
        "isolation": "cluster",
        "compute": {"cpu": "many", "nodes": {"size": "?", "min": 5, "max": 2}},
        "budget": {"monthly": 0, "alertAt": [90, 10]},
        "extra": 1,
    }
    assert {fault.path for fault in faults_of(document)} == {
        "owner.email",
        "compute.cpu",
        "compute.nodes.size",
        "compute.nodes.max",
        "budget.monthly",
        "budget.alertAt[1]",
        "extra",
    }


def test_no_place_is_reported_twice() -> None:
    """A person reads each place once."""
    paths = [fault.path for fault in faults_of(minimal(isolation="cluster", compute={"nodes": 1}))]
    assert len(paths) == len(set(paths))


def test_credentials_in_a_url_are_not_repeated() -> None:
    """A fault travels to logs and answers, a password may not."""
    url = "https://me:hunter2@github.com/a/b"
    with pytest.raises(InvalidRequest) as caught:
        parse_tenant_document(minimal(gitops={"url": url}))
    assert "hunter2" not in str(caught.value) + str(caught.value.faults)


def test_long_input_is_not_repeated_in_full() -> None:
    """At most about a hundred characters come back."""
    (fault,) = faults_of(minimal(environment="x" * 10_000))
    assert len(fault.message) < 120


def test_many_faults_are_bounded_and_counted() -> None:
    """A hostile document cannot make a hostile answer."""
    faults = faults_of({f"key{index}": 1 for index in range(1000)})
    assert len(faults) == 201
    assert faults[-1].message == "has 809 more faults"


def test_error_says_how_many_faults_and_that_nothing_was_made() -> None:
    """The message and the hint suffice where faults are not shown."""
    with pytest.raises(InvalidRequest) as caught:
        parse_tenant_document(minimal(environment="x", region="?"))
    assert caught.value.code == "InvalidRequest"
    assert "2 faults: environment" in caught.value.message
    assert "nothing was created" in caught.value.hint


def test_fault_has_a_document() -> None:
    """A fault goes into a problem document as it is."""
    fault = Fault("network.prefixLength", "28 is out of range", "22 to 27")
    assert fault.to_document() == {
        "path": "network.prefixLength",
        "message": "28 is out of range",
        "allowed": "22 to 27",
    }
    assert str(fault) == "network.prefixLength 28 is out of range (allowed: 22 to 27)"


def test_keys_are_known_by_their_names_in_documents_only() -> None:
    """Python's spelling of a key is not a second spelling of it."""
    document = minimal()
    document["tenant_id"] = document.pop("tenantId")
    assert [fault.path for fault in faults_of(document)] == ["tenantId", "tenant_id"]
