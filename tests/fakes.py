"""Small in-memory implementations of the ports, and a world made of them."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

from activities.dependencies import Dependencies
from activities.landscape import Landscape
from landing_zone.access import PrincipalId
from landing_zone.errors import PermanentError
from landing_zone.hub import HubDocument, parse_hub_document
from landing_zone.hub_state.limits import HubSettings
from landing_zone.offboarding.certificate import Certificate
from landing_zone.plan import Plan
from landing_zone.ports import Page, Versioned
from landing_zone.remediation.policy import RemediationPolicy
from landing_zone.request_parsing import parse_tenant_text
from landing_zone.settings import Settings
from landing_zone.tenant_request import TenantRequest
from landing_zone.tenants import TenantRecord
from tests.fake_arm import FakeArm
from tests.fake_audit import FakeAuditLog, FakeAuditTrail
from tests.fake_drift import FakeDriftInbox, FakeExemptions, FakeFindings
from tests.fake_fleet import FakeFleet
from tests.fake_hubs import FakeHubRequests, FakeLedger
from tests.fake_messages import FakeMessages
from tests.fake_planes import FakeApiKeys, FakeSearchIndexes, FakeVaults

ROOT = Path(__file__).resolve().parents[1]
NOON = datetime(2026, 3, 14, 12, 0, tzinfo=UTC)
HUBS: HubDocument = parse_hub_document((ROOT / "localcloud" / "hub.yaml").read_text("utf-8"))
EXAMPLE = (ROOT / "examples" / "tenants" / "contoso-research.yaml").read_bytes()

type Before[T] = Callable[[T], object]
"""What a test does just before something is done."""


class FakeClock:
    """A clock that stands until it is moved."""

    def __init__(self, at: datetime = NOON) -> None:
        self._at = at

    def now(self) -> datetime:
        """The time."""
        return self._at

    def move(self, seconds: float) -> None:
        """Let time pass."""
        self._at += timedelta(seconds=seconds)


class FakeRegistry:
    """Tenants with ETags; `before_replace` lets a test be the other writer."""

    def __init__(self) -> None:
        self.rows: dict[str, Versioned[TenantRecord]] = {}
        self.claims: dict[str, str] = {}
        self.writes = 0
        self.before_replace: Before[TenantRecord] = lambda _: None

    def put(self, record: TenantRecord) -> None:
        """Write without a condition."""
        self.writes += 1
        self.rows[record.tenant_id] = Versioned(record, f"etag-{self.writes}")

    async def get(self, tenant_id: str) -> Versioned[TenantRecord] | None:
        """The tenant's record, or None."""
        return self.rows.get(tenant_id)

    async def insert(self, record: TenantRecord) -> bool:
        """Add a tenant; False when there is one of that id already."""
        if record.tenant_id in self.rows:
            return False
        self.put(record)
        return True

    async def replace(self, record: TenantRecord, etag: str) -> bool:
        """Change a tenant; False when it has changed since it was read."""
        self.before_replace(record)
        row = self.rows.get(record.tenant_id)
        if row is None or row.etag != etag:
            return False
        self.put(record)
        return True

    async def page(
        self, size: int, continuation: str = "", *, owner: PrincipalId | None = None
    ) -> Page[TenantRecord]:
        """Tenants by id, `size` at most; an owner's, or all."""
        ids = sorted(
            tenant
            for tenant, row in self.rows.items()
            if tenant > continuation and owner in {None, row.value.owner}
        )
        items = tuple(self.rows[tenant].value for tenant in ids[:size])
        return Page(items, ids[size - 1] if len(ids) > size else "")

    async def claim_subscription(self, subscription_id: str, tenant_id: str) -> str:
        """Claim a subscription, unless it is claimed; the tenant that holds it."""
        return self.claims.setdefault(subscription_id.lower(), tenant_id)

    async def subscription_holder(self, subscription_id: str) -> str | None:
        """The tenant that has claimed a subscription, or None."""
        return self.claims.get(subscription_id.lower())

    async def release_subscription(self, subscription_id: str, tenant_id: str) -> None:
        """Let go of a subscription that the tenant holds."""
        if self.claims.get(subscription_id.lower()) == tenant_id:
            del self.claims[subscription_id.lower()]


class FakeDocuments:
    """Plans and ended operations in dictionaries."""

    def __init__(self) -> None:
        self.plans: dict[str, Plan] = {}
        self.operations: dict[str, dict[str, Any]] = {}
        self.certificates: dict[str, Certificate] = {}

    async def put_plan(self, plan: Plan) -> None:
        """Keep a plan under its hash."""
        self.plans[plan.hash] = plan

    async def get_plan(self, plan_hash: str) -> Plan:
        """The plan of that hash."""
        if plan_hash not in self.plans:
            raise PermanentError("PlanNotFound", f"no plan {plan_hash} is kept")
        return self.plans[plan_hash]

    async def put_operation(self, operation_id: str, document: dict[str, Any]) -> None:
        """Keep how an operation ended."""
        self.operations[operation_id] = document

    async def get_operation(self, operation_id: str) -> dict[str, Any] | None:
        """How an operation ended, or None."""
        return self.operations.get(operation_id)

    async def put_certificate(self, certificate: Certificate) -> Certificate:
        """Keep the certificate of an operation, once."""
        return self.certificates.setdefault(certificate.operation_id, certificate)

    async def get_certificate(self, operation_id: str) -> Certificate | None:
        """The certificate of an operation, or None."""
        return self.certificates.get(operation_id)


class Raised(NamedTuple):
    """An event that the durable client was to raise."""

    instance_id: str
    event_name: str
    event_data: Any


class Started(NamedTuple):
    """An orchestration that the durable client was to start."""

    name: str
    instance_id: str
    client_input: Any


class FakeStatus(NamedTuple):
    """What the durable client says of an orchestration."""

    instance_id: str = ""
    runtime_status: str | None = None
    custom_status: Any = None
    output: Any = None


class FakeDurableClient:
    """The durable client, as far as it is used: events, starts, statuses."""

    def __init__(self) -> None:
        self.raised: list[Raised] = []
        self.started: list[Started] = []
        self.statuses: dict[str, FakeStatus] = {}
        self.refusals: dict[str, list[Exception]] = {}
        self.on_start: Before[Started] = lambda _: None

    async def raise_event(self, instance_id: str, event_name: str, event_data: Any) -> None:
        """Raise an event, or what the test put among the refusals."""
        refusals = self.refusals.get(instance_id)
        if refusals:
            raise refusals.pop(0)
        self.raised.append(Raised(instance_id, event_name, event_data))

    async def start_new(
        self, orchestration_function_name: str, instance_id: str, client_input: Any
    ) -> str:
        """Start an orchestration."""
        started = Started(orchestration_function_name, instance_id, client_input)
        self.on_start(started)
        self.started.append(started)
        self.statuses[instance_id] = FakeStatus(instance_id, "Pending")
        return instance_id

    async def get_status(self, instance_id: str) -> FakeStatus:
        """The status; its `runtime_status` is None when there is no such orchestration."""
        return self.statuses.get(instance_id, FakeStatus())

    async def get_status_by(
        self, *, instance_id_prefix: str, runtime_status: list[Any]
    ) -> list[FakeStatus]:
        """The statuses of those whose id begins so and that are in one of these states."""
        states = {getattr(state, "value", state) for state in runtime_status}
        return [
            status
            for instance, status in sorted(self.statuses.items())
            if instance.startswith(instance_id_prefix) and status.runtime_status in states
        ]


class World:
    """All fakes, and the dependencies made of them."""

    def __init__(self, document: HubDocument = HUBS) -> None:
        self.clock = FakeClock()
        self.registry = FakeRegistry()
        self.ledger = FakeLedger(self.clock, document)
        self.hub_requests = FakeHubRequests(self.clock)
        self.audit = FakeAuditLog()
        self.trail = FakeAuditTrail(self.audit)
        self.documents = FakeDocuments()
        self.arm = FakeArm()
        self.api_keys = FakeApiKeys()
        self.vaults = FakeVaults()
        self.indexes = FakeSearchIndexes()
        self.messages = FakeMessages()
        self.client = FakeDurableClient()
        self.drift = FakeDriftInbox(self.clock)
        self.findings = FakeFindings()
        self.exemptions = FakeExemptions()
        self.fleet = FakeFleet()
        self.deps = Dependencies(
            settings=Settings(hubs=Path("hubs.yaml"), storage_connection="none", vouched_for=True),
            document=document,
            clock=self.clock,
            registry=self.registry,
            ledger=self.ledger,
            hub_requests=self.hub_requests,
            audit=self.audit,
            trail=self.trail,
            documents=self.documents,
            arm=self.arm,
            background_arm=self.arm,
            api_keys=self.api_keys,
            vaults=self.vaults,
            indexes=self.indexes,
            drift=self.drift,
            findings=self.findings,
            exemptions=self.exemptions,
            policy=RemediationPolicy(),
            landscape=Landscape(
                document,
                self.registry,
                self.documents,
                self.hub_requests,
                HubSettings(),
                self.clock,
            ),
            messages=self.messages,
            fleet=self.fleet,
        )


def example_request(**changes: Any) -> TenantRequest:
    """The example's request, with changes at its top."""
    document = parse_tenant_text(EXAMPLE, content_type="application/yaml").to_document()
    return TenantRequest.model_validate(document | changes)
