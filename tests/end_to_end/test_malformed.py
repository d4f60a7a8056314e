"""Requests that are wrong: a clear answer each, and nothing comes of them."""

import pytest

from tests.end_to_end.cloud import Cloud
from tests.malformed import MALFORMED


@pytest.mark.parametrize("name", MALFORMED)
def test_a_malformed_request_is_told_every_fault(cloud: Cloud, name: str) -> None:
    """400, a problem document with each fault and its path, no trace of our insides."""
    body, paths = MALFORMED[name]
    requests = len(cloud.requests())
    tenants = cloud.call("GET", "/api/tenants?top=500").json()["value"]
    kind = "application/json" if body[:1] in {b"{", b"["} else "application/yaml"
    answer = cloud.call("POST", "/api/tenants", body, content_type=kind)
    assert answer.status == 400, answer.body
    assert answer.headers["content-type"].startswith("application/problem+json")
    problem = answer.json()
    assert {fault["path"] for fault in problem["errors"]} >= paths, problem
    assert all(fault["message"] for fault in problem["errors"])
    text = answer.body.decode().lower()
    for inside in ("traceback", "pydantic", ".py", "u:p@"):
        assert inside not in text
    assert len(answer.body) < 60_000
    assert len(cloud.requests()) == requests
    assert cloud.call("GET", "/api/tenants?top=500").json()["value"] == tenants


@pytest.mark.parametrize("query", ["top=0", "top=x", "top=501", "top=-1", "top=1e3"])
def test_a_malformed_page_size_is_told(cloud: Cloud, query: str) -> None:
    """Bad input in a query is a problem document, too."""
    answer = cloud.call("GET", f"/api/tenants?{query}")
    assert answer.status == 400
    assert answer.json()["errors"][0]["path"] == "top"
