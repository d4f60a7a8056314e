"""Step 5: the tenant's vector index, on a search service of its own or on the hub's.

An index is data, which ARM does not make. On its own service the tenant makes its own indexes; the
one on the hub's is made for it, as its role there opens that index alone.
"""

from collections.abc import Iterator
from typing import Any, Final

from landing_zone import naming
from landing_zone.plan import Resource, Step, Undo, Write
from landing_zone.planning import api_versions
from landing_zone.planning.making import regional
from landing_zone.planning.scope import Scope

SEARCH = "search"
INDEX = "search-index"
# What text-embedding-3-large yields, the hub's model for embeddings: learn: azure/ai-foundry/
# foundry-models/concepts/models-sold-directly-by-azure (embeddings).
EMBEDDING_DIMENSIONS: Final = 3072

_KIND = "Microsoft.Search/searchServices"


def service_id(scope: Scope) -> str:
    """ARM id of the tenant's own search service."""
    name = naming.world_wide("srch", scope.request, salt=scope.salt)
    return scope.workload_id(_KIND, name)


def shared_index_id(scope: Scope) -> str:
    """ARM id by which roles are given at one index of the hub's service."""
    shared = scope.hub.resource_id(_KIND, scope.hub.shared_services.search)
    return f"{shared}/indexes/{naming.search_index(scope.request)}"


def search_resources(scope: Scope) -> Iterator[Resource]:
    """A service of the tenant's own, or an index on the hub's."""
    match scope.request.data.vector_index:
        case "dedicated":
            yield _service(scope)
        case "shared":
            yield _shared_index(scope)


def _shared_index(scope: Scope) -> Resource:
    return Resource(
        key=INDEX,
        step=Step.RUNTIME_AND_DATA,
        type=f"{_KIND}/indexes",
        id=shared_index_id(scope),
        api_version=api_versions.INDEXES,
        body=index_definition(),
        write=Write.INDEX,
        undo=Undo.INDEX,
    )


def index_definition() -> dict[str, Any]:
    """An index for retrieval: text, its vector, and what it is about.

    Its algorithm has Azure's own defaults (learn: azure/search/vector-search-how-to-create-index).
    """
    return {
        "fields": [
            _field("id", key=True, filterable=True),
            _field("title", searchable=True),
            _field("content", searchable=True),
            _field("source", filterable=True, facetable=True),
            _field("metadata"),
            {
                "name": "embedding",
                "type": "Collection(Edm.Single)",
                "searchable": True,
                "retrievable": False,
                "dimensions": EMBEDDING_DIMENSIONS,
                "vectorSearchProfile": "default",
            },
        ],
        "vectorSearch": {
            "algorithms": [
                {
                    "name": "hnsw",
                    "kind": "hnsw",
                    "hnswParameters": {
                        "m": 4,
                        "efConstruction": 400,
                        "efSearch": 500,
                        "metric": "cosine",
                    },
                }
            ],
            "profiles": [{"name": "default", "algorithm": "hnsw"}],
        },
        "semantic": {
            "defaultConfiguration": "default",
            "configurations": [
                {
                    "name": "default",
                    "prioritizedFields": {
                        "titleField": {"fieldName": "title"},
                        "prioritizedContentFields": [{"fieldName": "content"}],
                    },
                }
            ],
        },
    }


def _field(name: str, **used: bool) -> dict[str, Any]:
    """A field of text that is used so, and in no other way."""
    unused = dict.fromkeys(("searchable", "filterable", "sortable", "facetable"), False)
    return {"name": name, "type": "Edm.String", "retrievable": True, **unused, **used}


def _service(scope: Scope) -> Resource:
    return regional(
        scope,
        key=SEARCH,
        step=Step.RUNTIME_AND_DATA,
        kind=_KIND,
        resource_id=service_id(scope),
        api_version=api_versions.SEARCH,
        group="workload",
        top={"sku": {"name": "standard" if scope.request.environment == "prod" else "basic"}},
        properties={
            "replicaCount": 1,
            "partitionCount": 1,
            "disableLocalAuth": True,
            "networkRuleSet": {"bypass": "None"},
            "publicNetworkAccess": "Disabled",
        },
    )
