"""Makes the adapters from the settings: only here it is known which serves which port."""

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from azure.core.exceptions import ResourceExistsError
from azure.core.pipeline.transport import AioHttpTransport
from azure.data.tables.aio import TableServiceClient
from azure.identity.aio import DefaultAzureCredential
from azure.storage.blob.aio import BlobServiceClient, ContainerClient

from azure_adapters.api_keys import ArmApiKeys
from azure_adapters.arm import ArmResourceManager
from azure_adapters.audit_log import TableAuditLog
from azure_adapters.audit_trail import TableAuditTrail
from azure_adapters.batching_table import BatchingTable
from azure_adapters.dead_letters import ServiceBusDeadLetters
from azure_adapters.documents import BlobDocumentStore
from azure_adapters.drift_inbox import TableDriftInbox
from azure_adapters.exemptions import TableExemptions
from azure_adapters.findings import TableFindings
from azure_adapters.fleet import TableFleet
from azure_adapters.hub_requests import TableHubRequests
from azure_adapters.ledger import TableAddressLedger
from azure_adapters.proxies import transport_settings
from azure_adapters.registry import TableTenantRegistry
from azure_adapters.search_indexes import AiSearchIndexes
from azure_adapters.service_bus import ServiceBusMessageSender
from azure_adapters.storage_errors import storage_errors
from azure_adapters.vault_secrets import KeyVaultSecrets
from landing_zone.clock import Clock
from landing_zone.hub import HubDocument
from landing_zone.intake.settings import ServiceBusAddress
from landing_zone.settings import Settings


@dataclass(frozen=True)
class Adapters:
    """Every port, served."""

    registry: TableTenantRegistry
    ledger: TableAddressLedger
    hub_requests: TableHubRequests
    audit: TableAuditLog
    trail: TableAuditTrail
    documents: BlobDocumentStore
    arm: ArmResourceManager
    background_arm: ArmResourceManager
    api_keys: ArmApiKeys
    vaults: KeyVaultSecrets
    indexes: AiSearchIndexes
    drift: TableDriftInbox
    findings: TableFindings
    exemptions: TableExemptions
    fleet: TableFleet


async def connect(settings: Settings, document: HubDocument, clock: Clock) -> Adapters:
    """The adapters, their tables and containers made where they are missing.

    Raises:
        TemporaryError: Storage cannot be reached.
    """
    credential = _credential(settings)
    tables = _Tables(settings, credential)
    container = _blob_service(settings, credential).get_container_client(
        f"{settings.prefix}-documents"
    )
    await _ensure_container(container)
    audit = await tables.table("audit")
    arm = ArmResourceManager(settings.arm_endpoint, settings.arm_scope, credential, settings.pace)
    return Adapters(
        registry=TableTenantRegistry(await tables.table("tenants")),
        ledger=TableAddressLedger(await tables.table("ranges"), document, clock),
        hub_requests=TableHubRequests(await tables.table("hubs"), clock),
        audit=TableAuditLog(audit),
        trail=TableAuditTrail(audit),
        documents=BlobDocumentStore(container),
        arm=arm,
        background_arm=arm.in_background(),
        api_keys=ArmApiKeys(arm),
        vaults=KeyVaultSecrets(settings.vault_endpoint, settings.vault_scope, credential),
        indexes=AiSearchIndexes(settings.search_endpoint, settings.search_scope, credential),
        drift=TableDriftInbox(await tables.table("drift"), clock),
        findings=TableFindings(await tables.table("findings")),
        exemptions=TableExemptions(await tables.table("exemptions")),
        fleet=TableFleet(await tables.table("fleet")),
    )


def connect_messages(settings: Settings) -> ServiceBusMessageSender:
    """What messages are sent with; it connects when something is sent."""
    address = ServiceBusAddress(settings.service_bus, settings.service_bus_namespace)
    return ServiceBusMessageSender(address, _credential(settings))


@asynccontextmanager
async def connect_queues(
    address: ServiceBusAddress, client_id: str
) -> AsyncIterator[tuple[ServiceBusDeadLetters, ServiceBusMessageSender]]:
    """What dead letters are read with, and sent again."""
    async with DefaultAzureCredential(managed_identity_client_id=client_id or None) as credential:
        sender = ServiceBusMessageSender(address, credential)
        try:
            yield ServiceBusDeadLetters(address, credential), sender
        finally:
            await sender.close()


def _credential(settings: Settings) -> DefaultAzureCredential:
    # The SDKs log each request with its headers: a line of ours for each change says more.
    logging.getLogger("azure").setLevel(logging.WARNING)
    return DefaultAzureCredential(managed_identity_client_id=settings.client_id or None)


class _Tables:
    """Clients of tables, which have their connections in common."""

    def __init__(self, settings: Settings, credential: DefaultAzureCredential) -> None:
        self._prefix = settings.prefix
        self._transport = AioHttpTransport(**transport_settings())
        if settings.table_service:
            self._service = TableServiceClient(
                settings.table_service, credential=credential, transport=self._transport
            )
        else:
            self._service = TableServiceClient.from_connection_string(
                settings.storage_connection, transport=self._transport
            )

    async def table(self, name: str) -> BatchingTable:
        """A table, made where it is missing."""
        full_name = f"{self._prefix}{name}"
        async with storage_errors():
            await self._service.create_table_if_not_exists(full_name)
        endpoint, _, _ = self._service.url.partition("?")  # a shared access signature follows it
        return BatchingTable(
            endpoint, full_name, credential=self._service.credential, transport=self._transport
        )


def _blob_service(settings: Settings, credential: DefaultAzureCredential) -> BlobServiceClient:
    transport = transport_settings()
    if settings.blob_service:
        return BlobServiceClient(settings.blob_service, credential=credential, **transport)
    return BlobServiceClient.from_connection_string(settings.storage_connection, **transport)


async def _ensure_container(container: ContainerClient) -> None:
    async with storage_errors():
        try:
            await container.create_container()
        except ResourceExistsError:
            return
