"""Where a tenant's API key comes from and where it is kept, as its plan has it."""

from typing import Final

from landing_zone.errors import PermanentError
from landing_zone.key_records import KeyPlace
from landing_zone.plan import Plan
from landing_zone.planning.api import SUBSCRIPTION
from landing_zone.planning.key_vault import VAULT

SECRET: Final = "api-key"  # noqa: S105 - the name of a secret


def place_of(plan: Plan) -> KeyPlace:
    """Where the key of a plan's tenant is.

    Raises:
        PermanentError: The plan is of a time when tenants had none (`NoApiKey`).
    """
    subscription, vault = plan.by_key.get(SUBSCRIPTION), plan.by_key.get(VAULT)
    if subscription is None or vault is None:
        raise PermanentError(
            "NoApiKey",
            "the tenant's plan has no API key",
            "onboard the tenant with the present plan first",
        )
    return KeyPlace(subscription=subscription.id, vault=vault.name, secret=SECRET)
