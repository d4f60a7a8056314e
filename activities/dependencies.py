"""What activities and triggers work with: made once a process, when first needed.

The environment is read here and nowhere else.
"""

import asyncio
import os
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import NamedTuple

from activities.landscape import Landscape
from landing_zone.access.budget import RefusalBudget
from landing_zone.clock import Clock, SystemClock
from landing_zone.data_planes import ApiKeys, SearchIndexes, VaultSecrets
from landing_zone.drift.ports import DriftInbox, ExemptionStore, FindingStore
from landing_zone.errors import ConfigurationError
from landing_zone.fleet.ports import FleetStore
from landing_zone.hub import HubDocument, parse_hub_document
from landing_zone.intake.messages import MessageSender
from landing_zone.intake.settings import IntakeSettings
from landing_zone.planning import RULES, Rules
from landing_zone.ports import (
    AddressLedger,
    AuditLog,
    AuditTrail,
    DocumentStore,
    HubRequests,
    ResourceManager,
    TenantRegistry,
)
from landing_zone.remediation.policy import RemediationPolicy, parse_policy
from landing_zone.retries import RetryPolicy
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
    trail: AuditTrail
    documents: DocumentStore
    arm: ResourceManager
    background_arm: ResourceManager
    api_keys: ApiKeys
    vaults: VaultSecrets
    indexes: SearchIndexes
    drift: DriftInbox
    findings: FindingStore
    exemptions: ExemptionStore
    policy: RemediationPolicy
    landscape: Landscape
    messages: MessageSender
    fleet: FleetStore
    refusals: RefusalBudget = field(default_factory=RefusalBudget)
    rules: Rules = RULES

    @property
    def retry_of_fixes(self) -> RetryPolicy:
        """The bounds of putting one resource right."""
        return self.settings.retry.model_copy(update={"max_attempts": self.policy.attempts})


class Messaging(NamedTuple):
    """What messages are sent with.

    Attributes:
        sender: Sends them.
        settings: The pace of the intake.
    """

    sender: MessageSender
    settings: IntakeSettings


class _Once[T]:
    """Something of the process's, made by the first who asks."""

    def __init__(self, make: Callable[[], Awaitable[T]]) -> None:
        self._make = make
        self._turn = asyncio.Lock()
        self._made: T | None = None

    async def get(self) -> T:
        async with self._turn:
            if self._made is None:
                self._made = await self._make()
            return self._made


async def dependencies() -> Dependencies:
    """The process's dependencies.

    Raises:
        ConfigurationError: A setting or the hub document is wrong.
        TemporaryError: Storage cannot be reached.
    """
    return await _once.get()


async def messages() -> Messaging:
    """What the process sends messages with: it works where storage does not.

    Raises:
        ConfigurationError: A setting is wrong.
    """
    return await _messaging.get()


async def _connect_messages() -> Messaging:
    from azure_adapters.connect import connect_messages  # noqa: PLC0415 - see below

    settings = settings_from(os.environ)
    return Messaging(connect_messages(settings), settings.intake)


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
        trail=adapters.trail,
        documents=adapters.documents,
        arm=adapters.arm,
        background_arm=adapters.background_arm,
        api_keys=adapters.api_keys,
        vaults=adapters.vaults,
        indexes=adapters.indexes,
        drift=adapters.drift,
        findings=adapters.findings,
        exemptions=adapters.exemptions,
        policy=read_policy(settings),
        landscape=Landscape(
            document,
            adapters.registry,
            adapters.documents,
            adapters.hub_requests,
            settings.hub,
            clock,
        ),
        messages=(await messages()).sender,
        fleet=adapters.fleet,
    )


_once = _Once(_make)
_messaging = _Once(_connect_messages)


def read_policy(settings: Settings) -> RemediationPolicy:
    """The remediation policy that the settings name; the default one where they name none.

    Raises:
        ConfigurationError: It cannot be read or is not valid.
    """
    if settings.remediation is None:
        return RemediationPolicy()
    try:
        return parse_policy(settings.remediation.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigurationError(
            f"SPOKEWRIGHT_REMEDIATION: the policy cannot be read: {error.strerror}"
        ) from error


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
