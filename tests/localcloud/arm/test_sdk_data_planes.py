"""The genuine SDK clients of Key Vault's secrets and of AI Search, over TLS with tokens."""

import logging
from collections.abc import Iterator
from typing import Any

import pytest
import requests
from azure.core.credentials import AccessToken
from azure.core.exceptions import (
    ClientAuthenticationError,
    HttpResponseError,
    ResourceExistsError,
    ResourceNotFoundError,
)
from azure.keyvault.secrets import SecretClient
from azure.search.documents.indexes import SearchIndexClient
from azure.search.documents.indexes.models import (
    HnswAlgorithmConfiguration,
    HnswParameters,
    SearchableField,
    SearchField,
    SearchIndex,
    SimpleField,
    VectorSearch,
    VectorSearchProfile,
)

from tests.localcloud.arm import bodies as b
from tests.localcloud.arm.conftest import Live
from tests.localcloud.arm.data_planes import OFFICER, VAULT

VAULT_AUDIENCE = "https://vault.azure.net"
SEARCH_AUDIENCE = "https://search.azure.com"
HUSH = "hush-hush-hush"
NAME = "22222222-2222-4222-8222-222222222222"


class Credential:
    """Tokens of the local identity endpoint, for whatever scope is asked for."""

    def __init__(self, live: Live) -> None:
        self._live = live

    def get_token(self, *scopes: str, **_: Any) -> AccessToken:
        """A token of an hour, at least."""
        resource = scopes[0].removesuffix("/.default")
        return AccessToken(self._live.token(resource), 2**40)


@pytest.fixture
def secrets(live: Live) -> Iterator[SecretClient]:
    """A client of a vault that is open to the internet, and to the automation."""
    live.call("PUT", VAULT, b.VAULT, b.vault())
    while live.call("GET", VAULT, b.VAULT).json()["properties"]["provisioningState"] != "Succeeded":
        pass
    role = b.role(VAULT, str(live.hub.automation_principal_id), OFFICER)
    path = b.at(VAULT, "Microsoft.Authorization/roleAssignments", NAME)
    assert live.call("PUT", path, b.ROLES, role).status_code == 201
    with SecretClient(
        f"{live.data_url}/vaults/kv-t",
        Credential(live),
        verify_challenge_resource=False,
        connection_verify=str(live.ca),
        retry_total=0,
    ) as client:
        while True:  # the role is not in effect at once
            try:
                list(client.list_properties_of_secrets())
            except HttpResponseError as error:
                assert error.status_code == 403  # noqa: PT017 - the last one is not raised
            else:
                break
        yield client


@pytest.fixture
def indexes(live: Live) -> Iterator[SearchIndexClient]:
    """A client of the hub's search service."""
    with SearchIndexClient(
        f"{live.data_url}/search/srch-hub-weu",
        Credential(live),
        audience=SEARCH_AUDIENCE,
        connection_verify=str(live.ca),
        retry_total=0,
    ) as client:
        yield client


def test_secrets_are_set_read_listed_deleted_and_recovered(secrets: SecretClient) -> None:
    """All that a tenant's workloads and our own automation do with them."""
    first = secrets.set_secret("api-key", "one", tags={"key": "primary"})
    second = secrets.set_secret("api-key", "two", content_type="text/plain")
    assert secrets.get_secret("api-key").value == "two"
    old = secrets.get_secret("api-key", first.properties.version)
    assert (old.value, old.properties.tags) == ("one", {"key": "primary"})
    assert [one.name for one in secrets.list_properties_of_secrets()] == ["api-key"]
    found = {one.version for one in secrets.list_properties_of_secret_versions("api-key")}
    assert found == {first.properties.version, second.properties.version}
    deleted = secrets.begin_delete_secret("api-key").result()
    assert deleted.scheduled_purge_date is not None
    with pytest.raises(ResourceNotFoundError):
        secrets.get_secret("api-key")
    with pytest.raises(ResourceExistsError):
        secrets.set_secret("api-key", "three")
    secrets.begin_recover_deleted_secret("api-key").result()
    assert secrets.get_secret("api-key").value == "two"


def index_of(dimensions: int = 3072) -> SearchIndex:
    """An index for vectors."""
    vector = SearchField(
        name="embedding",
        type="Collection(Edm.Single)",
        searchable=True,
        vector_search_dimensions=dimensions,
        vector_search_profile_name="default",
    )
    algorithm = HnswAlgorithmConfiguration(name="hnsw", parameters=HnswParameters(metric="cosine"))
    profile = VectorSearchProfile(name="default", algorithm_configuration_name="hnsw")
    return SearchIndex(
        name="tenant-t",
        fields=[
            SimpleField(name="id", type="Edm.String", key=True),
            SearchableField(name="content"),
            vector,
        ],
        vector_search=VectorSearch(algorithms=[algorithm], profiles=[profile]),
    )


def test_an_index_is_made_read_and_removed(indexes: SearchIndexClient) -> None:
    """And a change that it cannot take is refused."""
    made = indexes.create_or_update_index(index_of())
    assert made.fields[2].vector_search_dimensions == 3072
    assert [one.name for one in indexes.list_indexes()] == ["tenant-t"]
    with pytest.raises(HttpResponseError, match="cannot be deleted or changed"):
        indexes.create_or_update_index(index_of(1536))
    indexes.delete_index("tenant-t")
    with pytest.raises(ResourceNotFoundError):
        indexes.get_index("tenant-t")


def test_tokens_for_others_are_refused(live: Live) -> None:
    """Each plane has its own audience; the challenge names it."""
    for path, audience in (
        ("/vaults/kv-t/secrets/a", VAULT_AUDIENCE),
        ("/search/srch-hub-weu/indexes", SEARCH_AUDIENCE),
    ):
        for token in ("", live.token(), live.token(f"{audience}/")):
            headers = {"Authorization": f"Bearer {token}"} if token else {}
            answer = live.session.get(
                live.data_url + path, headers=headers, verify=str(live.ca), timeout=20
            )
            assert answer.status_code == 401
            challenge = answer.headers["WWW-Authenticate"]
            assert f'resource="{audience}"' in challenge
            assert str(live.hub.directory_id) in challenge
    with (
        pytest.raises(ClientAuthenticationError),
        SecretClient(
            f"{live.data_url}/vaults/kv-t",
            Stranger(live),
            verify_challenge_resource=False,
            connection_verify=str(live.ca),
            retry_total=0,
        ) as client,
    ):
        client.get_secret("a")


class Stranger(Credential):
    """Tokens for Azure Resource Manager, whatever is asked for."""

    def get_token(self, *_: str, **__: Any) -> AccessToken:
        """Another's token."""
        return AccessToken(self._live.token(), 2**40)


FAULTS = (("429", "TooManyRequests"), ("500", "InternalServerError"), ("403", "Forbidden"))


@pytest.mark.parametrize(("status", "code"), FAULTS)
def test_faults_are_made_on_demand(
    secrets: SecretClient, live: Live, status: str, code: str
) -> None:
    """By the path, as for Azure Resource Manager; none by chance."""
    effect = {"kind": "respond", "status": int(status), "code": code, "retryAfter": 2}
    live.local("POST", "faults", {"effect": {"kind": "respond"}, "match": {"method": "HEAD"}})
    live.local("POST", "faults", {"preset": "operation-fails", "match": {"path": "/vaults/*"}})
    fault = {"match": {"path": "/vaults/kv-t/*", "method": "GET"}, "count": 1, "effect": effect}
    assert live.local("POST", "faults", fault).status_code == 201
    secrets.set_secret("api-key", HUSH)
    with pytest.raises(HttpResponseError) as caught:
        secrets.get_secret("api-key")
    assert (str(caught.value.status_code), caught.value.error and caught.value.error.code) == (
        status,
        code,
    )
    assert secrets.get_secret("api-key").value == HUSH


@pytest.mark.parametrize("kind", ["reset-before", "reset-after"])
def test_connections_break_on_demand(secrets: SecretClient, live: Live, kind: str) -> None:
    """Before or after the secret was set."""
    fault = {"match": {"path": "/vaults/*", "method": "PUT"}, "effect": {"kind": kind}, "count": 1}
    live.local("POST", "faults", fault)
    token = {"Authorization": f"Bearer {live.token(VAULT_AUDIENCE)}"}
    with pytest.raises(requests.ConnectionError):
        live.session.put(
            f"{live.data_url}/vaults/kv-t/secrets/api-key?api-version=7.6",
            json={"value": HUSH},
            headers=token,
            verify=str(live.ca),
            timeout=20,
        )
    names = [one.name for one in secrets.list_properties_of_secrets()]
    assert names == (["api-key"] if kind == "reset-after" else [])


def test_nothing_of_an_exchange_is_kept_or_logged(
    secrets: SecretClient, live: Live, caplog: pytest.LogCaptureFixture
) -> None:
    """Neither in ARM's log of exchanges, nor among its events, nor in the process's own log."""
    logging.getLogger("azure").setLevel(logging.WARNING)
    with caplog.at_level(logging.INFO, "localcloud"):
        secrets.set_secret("api-key", HUSH)
        secrets.get_secret("api-key")
    shown = [live.local("GET", path).text for path in ("requests", "events", "resources")]
    assert not [text for text in (*shown, caplog.text) if HUSH in text]
    assert "/vaults/kv-t/secrets" not in shown[0].replace(VAULT, "")
    assert live.session.get(
        f"{live.data_url}/_local/health", verify=str(live.ca), timeout=20
    ).json() == {"status": "healthy"}
