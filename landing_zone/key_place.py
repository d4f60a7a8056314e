"""Where a tenant's API key comes from and where it is kept, as its plan has it."""

from landing_zone.errors import PermanentError
from landing_zone.key_records import KeyPlace
from landing_zone.plan import Plan
from landing_zone.planning.api_key import SECRET


def place_of(plan: Plan) -> KeyPlace:
    """Where the key of a plan's tenant is.

    Raises:
        PermanentError: The plan is of a time when tenants had none (`NoApiKey`).
    """
    secret = plan.by_key.get(SECRET)
    if secret is None:
        raise PermanentError(
            "NoApiKey",
            "the tenant's plan has no API key",
            "onboard the tenant with the present plan first",
        )
    *_, vault, _, name = secret.id.split("/")
    return KeyPlace(subscription=str(secret.body["subscription"]), vault=vault, secret=name)
