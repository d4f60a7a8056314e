"""What activities and triggers work with: made once a process, when first needed.

The environment is read here and nowhere else.
"""

import asyncio
import os
from dataclasses import dataclass

from landing_zone.clock import Clock, SystemClock
from landing_zone.data_planes import ApiKeys, SearchIndexes, VaultSecrets
from landing_zone.errors import ConfigurationError
from landing_zone.hub import HubDocument, parse_hub_document
from landing_zone.ports import (
    AddressLedger,
    AuditLog,
    DocumentStore,
    HubRequests,
    ResourceManager,
    TenantRegistry,
)
from landing_zone.settings import Settings, settings_from


@dataclass(frozen=True)
class Dependencies:
    """Settings, hubs and ports.

    Sweeps use `background_arm`: `arm` goes before it where a subscription's quota is short.
    """

    settings: Settings
    document: HubDocument
    clock: Clock
    registry: TenantRegistry
    ledger: AddressLedger
    hub_requests: HubRequests
    audit: AuditLog
    documents: DocumentStore
    arm: ResourceManager
    background_arm: ResourceManager
    api_keys: ApiKeys
    vaults: VaultSecrets
    indexes: SearchIndexes


class _Once:
    """The process's dependencies, made by the first who asks."""

    def __init__(self) -> None:
        self._turn = asyncio.Lock()
        self._made: Dependencies | None = None

    async def get(self) -> Dependencies:
        async with self._turn:
            if self._made is None:
                self._made = await _make()
            return self._made


_once = _Once()


async def dependencies() -> Dependencies:
    """The process's dependencies.

    Raises:
        ConfigurationError: A setting or the hub document is wrong.
        TemporaryError: Storage cannot be reached.
    """
    return await _once.get()


async def _make() -> Dependencies:
    # Imported here: the Azure SDKs cost more than all the rest at cold start, and many functions
    # answer without them.
    from azure_adapters.connect import connect  # noqa: PLC0415

    settings = settings_from(os.environ)
    document = read_hubs(settings)
    clock = SystemClock()
    adapters = await connect(settings, document, clock)
    return Dependencies(
        settings=settings,
        document=document,
        clock=clock,
        registry=adapters.registry,
        ledger=adapters.ledger,
        hub_requests=adapters.hub_requests,
        audit=adapters.audit,
        documents=adapters.documents,
        arm=adapters.arm,
        background_arm=adapters.background_arm,
        api_keys=adapters.api_keys,
        vaults=adapters.vaults,
        indexes=adapters.indexes,
    )


def read_hubs(settings: Settings) -> HubDocument:
    """The hub document that the settings name.

    Raises:
        ConfigurationError: It cannot be read or is not valid.
    """
    try:
        text = settings.hubs.read_text(encoding="utf-8")
    except OSError as error:
        raise ConfigurationError(
            f"SPOKEWRIGHT_HUBS: the hub document cannot be read: {error.strerror}"
        ) from error
    return parse_hub_document(text)
