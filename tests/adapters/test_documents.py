"""Plans and operations in genuine blobs."""

import asyncio

import pytest
from azure.storage.blob.aio import ContainerClient

from azure_adapters.documents import BlobDocumentStore
from landing_zone.errors import PermanentError
from tests.certificates import certificate_of
from tests.fakes import example_request
from tests.unit.planned import plan_of

PLAN = plan_of(example_request())
OTHER = plan_of(example_request(tenantId="fabrikam"))
NAME = f"plans/{PLAN.hash}.json"


async def test_plan_comes_back_as_it_was_kept(container: ContainerClient) -> None:
    """From another process's store, too; keeping it again, or at once, is no error."""
    store = BlobDocumentStore(container)
    await asyncio.gather(*(store.put_plan(PLAN) for _ in range(4)))
    found = await BlobDocumentStore(container).get_plan(PLAN.hash)
    assert (found, found.hash) == (PLAN, PLAN.hash)


async def test_plan_that_is_not_kept_is_not_found(container: ContainerClient) -> None:
    """For good: nobody will keep it later."""
    with pytest.raises(PermanentError, match="PlanNotFound"):
        await BlobDocumentStore(container).get_plan("0" * 64)


@pytest.mark.parametrize(
    "kept",
    [
        OTHER.canonical,
        PLAN.canonical.replace(b"10.0.0.4", b"10.0.0.5"),
        PLAN.canonical.replace(b'"rules_version":1', b'"rules_version":1,"more":true'),
        PLAN.canonical[:-100],
        b"",
        b"\xff\xfe not json",
    ],
    ids=["another", "changed", "more", "cut", "empty", "garbage"],
)
async def test_plan_that_was_tampered_with_is_refused(
    container: ContainerClient, kept: bytes
) -> None:
    """Its hash is its name: nothing else is ever applied under it."""
    await BlobDocumentStore(container).put_plan(PLAN)
    await container.upload_blob(NAME, kept, overwrite=True)
    with pytest.raises(PermanentError, match="PlanTampered"):
        await BlobDocumentStore(container).get_plan(PLAN.hash)


async def test_plan_is_read_once_a_process(container: ContainerClient) -> None:
    """Each of an operation's many activities needs it."""
    store = BlobDocumentStore(container)
    await store.put_plan(PLAN)
    first = await store.get_plan(PLAN.hash)
    await container.delete_blob(NAME)
    assert await store.get_plan(PLAN.hash) is first


async def test_operation_comes_back_as_it_was_last_kept(container: ContainerClient) -> None:
    """One that has not ended is none."""
    store = BlobDocumentStore(container)
    assert await store.get_operation("contoso.1") is None
    await store.put_operation("contoso.1", {"state": "failed"})
    await store.put_operation("contoso.1", {"state": "succeeded", "name": "Zürich"})
    assert await store.get_operation("contoso.1") == {"state": "succeeded", "name": "Zürich"}
    assert await store.get_operation("contoso.2") is None


async def test_certificate_is_kept_once(container: ContainerClient) -> None:
    """Whoever comes second is given the first."""
    store = BlobDocumentStore(container)
    assert await store.get_certificate("contoso.2") is None
    first = certificate_of("contoso.2")
    assert await store.put_certificate(first) == first
    later = first.model_copy(update={"reason": "another"})
    assert await BlobDocumentStore(container).put_certificate(later) == first
    kept = await store.get_certificate("contoso.2")
    assert kept == first
    assert kept.hash == first.hash


async def test_certificate_that_is_none_is_refused(container: ContainerClient) -> None:
    """Whatever stands in its place."""
    await container.upload_blob("certificates/contoso.2.json", b'{"residue": 1}')
    with pytest.raises(PermanentError, match="CertificateTampered"):
        await BlobDocumentStore(container).get_certificate("contoso.2")
