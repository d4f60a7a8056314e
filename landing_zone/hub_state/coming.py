"""Which tenants are on their way to a hub and have not asked it for anything yet."""

from datetime import datetime

from landing_zone.hub import Hub
from landing_zone.lifecycle import TenantState
from landing_zone.tenants import TenantRecord

_ON_THEIR_WAY = frozenset({TenantState.REQUESTED, TenantState.PROVISIONING})


def is_coming(record: TenantRecord, hub: Hub, since: datetime) -> bool:
    """Whether a tenant will ask the hub soon.

    Args:
        record: The tenant.
        hub: The hub.
        since: One whose record has not changed since then is held up by something, and no longer
            expected.
    """
    if record.state not in _ON_THEIR_WAY or record.updated_at < since:
        return False
    if record.reservation is None:
        return record.request.region == hub.region
    return record.reservation.hub == hub.name
