"""What Hypothesis draws for the ground floor: tenant requests of every valid kind, and documents.

`tenant_requests()` is for any test that holds for all requests.
"""

import string
from typing import Any

from hypothesis import strategies as st

from landing_zone.tenant_request import TenantRequest
from landing_zone.tenant_request.cross_rules import breaches

LOWER = string.ascii_lowercase + string.digits
ALNUM = string.ascii_letters + string.digits
TIERS = ("namespace", "nodepool", "cluster")


def wrapped(inner: str, ends: str, least: int, most: int) -> st.SearchStrategy[str]:
    """Text whose first and last characters come from `ends`."""
    return st.builds(
        lambda first, middle, last: first + middle + last,
        st.sampled_from(ends),
        st.text(inner, min_size=least - 2, max_size=most - 2),
        st.sampled_from(ends),
    )


def tenant_ids() -> st.SearchStrategy[str]:
    """Every kind of valid tenant id, those with repeated hyphens too."""
    return wrapped(LOWER + "-", LOWER, 3, 20).filter(
        lambda text: "microsoft" not in text and "windows" not in text
    )


def labels() -> st.SearchStrategy[str]:
    """Cost centres, applications, deployments."""
    return wrapped(ALNUM + "._-", ALNUM, 2, 64)


def hosts() -> st.SearchStrategy[str]:
    """Names of hosts, of two or three labels."""
    label = wrapped(LOWER + "-", LOWER, 2, 12)
    return st.lists(label, min_size=1, max_size=2).map(lambda parts: ".".join([*parts, "com"]))


def group_ids() -> st.SearchStrategy[str]:
    """Ids of groups, as text."""
    return st.uuids(allow_nil=False).map(str)


def emails() -> st.SearchStrategy[str]:
    """Addresses."""
    return st.builds("{}@{}".format, wrapped(ALNUM + "_-+'", ALNUM, 2, 12), hosts())


@st.composite
def node_pools(draw: st.DrawFn) -> dict[str, Any]:
    """Nodes that fit into half of any spoke."""
    least, most = sorted(draw(st.tuples(st.integers(1, 9), st.integers(1, 9))))
    return {"size": draw(st.sampled_from(["Standard_D4ds_v5", "Standard_NC24ads_A100_v4"]))} | {
        "min": least,
        "max": most,
    }


def models() -> st.SearchStrategy[list[dict[str, Any]]]:
    """Model deployments, none of them twice."""
    model = st.fixed_dictionaries(
        {
            "deployment": labels(),
            "tokensPerMinute": st.integers(1, 10**8),
            "tokensPerMonth": st.integers(1, 10**12),
        }
    )
    return st.lists(model, max_size=3, unique_by=lambda row: str(row["deployment"]).lower())


def some(*values: str) -> st.SearchStrategy[list[str]]:
    """Some of the values, each at most once."""
    return st.lists(st.sampled_from(values), unique=True)


def budgets() -> st.SearchStrategy[dict[str, Any]]:
    """Budgets of whole and of broken amounts."""
    cents = st.integers(1, 10**10).map(lambda amount: amount / 100)
    return st.fixed_dictionaries(
        {
            "monthly": st.one_of(st.integers(1, 10**8), cents),
            "currency": st.sampled_from(["EUR", "USD", "CHF"]),
            "alertAt": st.lists(st.integers(1, 1000), min_size=1, max_size=5, unique=True).map(
                sorted
            ),
        }
    )


def subscriptions() -> st.SearchStrategy[dict[str, Any]]:
    """Both modes."""
    adopt = group_ids().map(lambda found: {"mode": "adopt", "id": found})
    return st.one_of(st.just({"mode": "vend"}), adopt)


@st.composite
def accesses(draw: st.DrawFn) -> dict[str, Any]:
    """Groups of which none has two roles."""
    groups = draw(st.lists(group_ids(), max_size=5, unique=True))
    border = draw(st.integers(0, len(groups)))
    return {"contributors": groups[:border], "readers": groups[border:]}


def optional_parts() -> dict[str, st.SearchStrategy[Any]]:
    """The parts that a document may leave out, `compute` aside."""
    return {
        "network": st.fixed_dictionaries({"prefixLength": st.integers(22, 27)}),
        "data": st.fixed_dictionaries(
            {
                "storage": st.booleans(),
                "database": st.sampled_from(["cosmos", "postgresql", "none"]),
                "vectorIndex": st.sampled_from(["shared", "dedicated", "none"]),
            }
        ),
        "ai": st.fixed_dictionaries(
            {"models": models(), "services": some("documentIntelligence", "speech", "language")},
            optional={"foundryProject": st.booleans()},
        ),
        "api": st.fixed_dictionaries({"auth": st.sampled_from(["token", "key", "both"])}),
        "egress": st.fixed_dictionaries(
            {
                "profiles": some("azure", "github"),
                "fqdns": st.lists(hosts(), max_size=3, unique=True),
            }
        ),
        "access": accesses(),
        "budget": budgets(),
        "gitops": st.just({"url": "https://github.com/contoso/apps", "path": "./prod"}),
        "subscription": subscriptions(),
    }


@st.composite
def tenant_documents(draw: st.DrawFn) -> dict[str, Any]:
    """Valid documents, with and without their optional parts."""
    isolation = draw(st.sampled_from(TIERS))
    document = draw(
        st.fixed_dictionaries(
            {
                "tenantId": tenant_ids(),
                "displayName": st.sampled_from(["Contoso", "Crème, Söhne (2)"]),
                "owner": st.fixed_dictionaries({"group": group_ids(), "email": emails()}),
                "costCenter": labels(),
                "application": labels(),
                "environment": st.sampled_from(["dev", "test", "prod"]),
                "region": st.sampled_from(["westeurope", "eastus2"]),
            },
            optional=optional_parts(),
        )
    )
    document |= {"apiVersion": "spokewright/v1", "isolation": isolation}
    if isolation != "namespace" or draw(st.booleans()):
        document["compute"] = {"cpu": 8, "memoryGiB": 32, "nodes": draw(node_pools())}
    if "network" in document and any(breach.path[0] == "network" for breach in breaches(document)):
        # Its private endpoints need more room: nine addresses at most, of which a /26 has eleven.
        document["network"] = {"prefixLength": draw(st.integers(22, 26))}
    return document


def tenant_requests() -> st.SearchStrategy[TenantRequest]:
    """Valid tenant requests."""
    return tenant_documents().map(TenantRequest.model_validate)


def json_values() -> st.SearchStrategy[Any]:
    """Any JSON, with the keys of a tenant request often among its keys."""
    keys = st.one_of(
        st.sampled_from(["tenantId", "owner", "ai", "models", "budget", "compute", "nodes"]),
        st.text(max_size=5),
    )
    scalars = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=10))
    return st.recursive(
        scalars,
        lambda inner: st.one_of(
            st.lists(inner, max_size=4), st.dictionaries(keys, inner, max_size=5)
        ),
        max_leaves=12,
    )
