"""How remediation behaves: a mode for each rule, the breaker, attempts, and the service level."""

from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic.alias_generators import to_camel

from landing_zone.errors import ConfigurationError
from landing_zone.remediation.breaker import BreakerPolicy
from landing_zone.remediation.names import RULE_NAMES
from landing_zone.request_parsing.faults import InvalidRequest
from landing_zone.request_parsing.reading import MOST_BYTES
from landing_zone.request_parsing.shape import path_text
from landing_zone.request_parsing.yaml_text import read_yaml

type Mode = Literal["enforce", "propose", "observe"]

_MOST_FAULTS: Final = 50


class _Document(BaseModel):
    model_config = ConfigDict(
        frozen=True, extra="forbid", alias_generator=to_camel, populate_by_name=True
    )


class ServiceLevel(_Document):
    """What is promised of the time from a change to its verified fix.

    Attributes:
        seconds: The time.
        percentile: Which of the measured percentiles is held against it.
    """

    seconds: float = Field(default=300.0, gt=0, le=86400.0)
    percentile: Literal["p50", "p95", "p99"] = "p95"


class RemediationPolicy(_Document):
    """How remediation behaves.

    Attributes:
        default_mode: Mode of the rules that `modes` does not name.
        modes: Mode of each rule, by its name.
        breaker: When a resource is left alone.
        attempts: Attempts at one fix before it is parked.
        service_level: What is promised.
    """

    default_mode: Mode = "enforce"
    modes: dict[str, Mode] = {}
    breaker: BreakerPolicy = BreakerPolicy()
    attempts: Annotated[int, Field(ge=1, le=100)] = 8
    service_level: ServiceLevel = ServiceLevel()

    def mode(self, rule: str) -> Mode:
        """The mode of a rule."""
        return self.modes.get(rule, self.default_mode)


def parse_policy(text: str) -> RemediationPolicy:
    """Read a policy from its YAML or JSON text; an empty text is the default policy.

    Raises:
        ConfigurationError: It is not YAML, or does not fit; every fault is named.
    """
    if len(text) > MOST_BYTES:
        raise ConfigurationError(f"the remediation policy is longer than {MOST_BYTES} characters")
    try:
        reading = read_yaml(text)
    except InvalidRequest as refusal:
        raise _wrong([str(fault) for fault in refusal.faults]) from None
    document = {} if reading.document is None else reading.document
    faults = [str(fault) for fault in reading.faults]
    faults += [*_unknown_rules(document)]
    try:
        policy = RemediationPolicy.model_validate(document, by_alias=True, by_name=False)
    except ValidationError as error:
        faults += [
            f"{path_text(details['loc']) or 'the document'}: {details['msg']}"
            for details in error.errors(include_url=False)
        ]
        raise _wrong(faults) from None
    if faults:
        raise _wrong(faults)
    return policy


def _unknown_rules(document: Any) -> list[str]:
    modes = document.get("modes") if isinstance(document, dict) else None
    names = modes if isinstance(modes, dict) else {}
    known = ", ".join(RULE_NAMES)
    return [
        f"modes.{name}: is no rule (allowed: {known})" for name in names if name not in RULE_NAMES
    ]


def _wrong(faults: list[str]) -> ConfigurationError:
    shown = "; ".join(faults[:_MOST_FAULTS])
    return ConfigurationError(f"the remediation policy is not valid: {shown}")
