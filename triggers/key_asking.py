"""Asking for a rotation of a tenant's key, and starting it: at most one at a time."""

from activities.dependencies import Dependencies
from activities.tenants import change_tenant
from landing_zone.errors import PermanentError
from landing_zone.instances import is_on_its_way
from landing_zone.key_contracts import RotationRef
from landing_zone.key_records import RotationAsk
from landing_zone.key_rotation import instance_of, with_ask
from landing_zone.lifecycle import TenantState
from landing_zone.tenants import TenantRecord
from triggers.starting import Starter


async def ask_for_rotation(
    deps: Dependencies, client: Starter, tenant_id: str, ask: RotationAsk
) -> TenantRecord:
    """Note what is asked for, then start it.

    Noted first, so that it is done even if nothing is started now: the timer finds it. A rotation
    that is on its way is as good as another one, unless both keys are to be made anew: the one that
    runs then does that, too, before it ends.

    Raises:
        PermanentError: There is no such tenant (`TenantNotFound`), or it is not active
            (`TenantNotActive`).
        TemporaryError: Others were first on its record each time.
    """
    running = is_on_its_way(await client.get_status(instance_of(tenant_id)))

    def change(record: TenantRecord) -> TenantRecord:
        if record.state is not TenantState.ACTIVE:
            raise PermanentError(
                "TenantNotActive",
                f"the tenant is {record.state.value}: its key is not rotated",
                "ask for it once the tenant is active",
            )
        keys = with_ask(record.keys, ask, running=running)
        if keys == record.keys:
            return record
        return record.model_copy(update={"keys": keys, "updated_at": deps.clock.now()})

    record = await change_tenant(deps, tenant_id, change)
    await start_rotation(client, tenant_id)
    return record


async def start_rotation(client: Starter, tenant_id: str) -> bool:
    """Start the rotation of a tenant's key; False when it is on its way."""
    instance = instance_of(tenant_id)
    if is_on_its_way(await client.get_status(instance)):
        return False
    try:
        await client.start_new("rotate_key", instance, RotationRef(tenant_id=tenant_id).dump())
    except Exception:
        # Someone else may have started it since: that is as good.
        if not is_on_its_way(await client.get_status(instance)):
            raise
        return False
    return True
