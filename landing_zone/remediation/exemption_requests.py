"""An exemption as it is asked for: everything that is wrong with it is told at once."""

from datetime import UTC, datetime, timedelta
from typing import Final

from pydantic import ValidationError

from landing_zone.arm_ids import LONGEST, is_legal, resource_type
from landing_zone.remediation.exemptions import EVERY_RULE, Exemption
from landing_zone.remediation.names import RULE_NAMES
from landing_zone.remediation.owners import Estate
from landing_zone.request_parsing.faults import InvalidRequest
from landing_zone.request_parsing.fields import Fields

LONGEST_TIME: Final = timedelta(days=366)
"""How far ahead an exemption may end: somebody looks at each at least once a year."""

RULES: Final = (*RULE_NAMES, EVERY_RULE)
_NAMES: Final = ("rule", "scope", "reason", "by", "expires")
_ID: Final = "up to 63 letters, digits, - and _, the first a letter or digit"
_TIMES: Final = f"a time with its zone, in the future, at most {LONGEST_TIME.days} days ahead"


def parse_exemption(exemption_id: str, body: bytes, estate: Estate, now: datetime) -> Exemption:
    """Read what is to be granted.

    Args:
        exemption_id: Its id.
        body: A JSON object: `rule`, `scope`, `reason`, `by`, `expires`.
        estate: What is governed.
        now: The time.

    Raises:
        InvalidRequest: It cannot be granted; lists everything that is wrong.
    """
    fields = Fields(body, _NAMES)
    rule = fields.one_of("rule", RULES)
    scope = _scope(fields, estate)
    reason, by = fields.text("reason"), fields.text("by")
    expires = _expires(fields, now)
    try:
        made = Exemption(
            id=exemption_id, rule=rule, scope=scope, reason=reason, by=by, expires=expires
        )
    except ValidationError as error:
        known = {fault.path for fault in fields.faults}
        for name in sorted({str(one["loc"][0]) for one in error.errors()} - known):
            fields.wrong(name, "is not valid", _ID if name == "id" else "")
        raise InvalidRequest(fields.faults) from None
    fields.require()
    return made


def _scope(fields: Fields, estate: Estate) -> str:
    scope = fields.text("scope", LONGEST)
    if not scope:
        return ""
    if not _names_something(scope):
        allowed = "the ARM id of a subscription, a resource group or a resource"
        fields.wrong("scope", "is no ARM id", allowed)
    elif estate.owner_of(scope) is None:
        allowed = "a scope within the subscription of a hub or of a settled tenant"
        fields.wrong("scope", "lies in no governed subscription", allowed)
    return scope.rstrip("/")


def _names_something(scope: str) -> bool:
    try:
        resource_type(scope)
    except ValueError:
        return False
    return is_legal(scope) and scope.lower().startswith("/subscriptions/")


def _expires(fields: Fields, now: datetime) -> datetime:
    """When it ends; now, where that is not said well."""
    text = fields.text("expires")
    if not text:
        return now
    try:
        found = datetime.fromisoformat(text)
        fits = found.tzinfo is not None and now < found <= now + LONGEST_TIME
    except ValueError:
        fits = False
    if fits:
        return found.astimezone(UTC)
    fields.wrong("expires", "is no such time", _TIMES)
    return now
