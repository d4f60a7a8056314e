"""The document of a fault: what it matches, how often, and what it does."""

import re
from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from localcloud.arm.errors import bad_request
from localcloud.arm.faults.presets import PRESETS

type Method = Literal["GET", "HEAD", "PUT", "PATCH", "POST", "DELETE"]
type Kind = Literal[
    "respond",
    "reset-before",
    "reset-after",
    "timeout-after",
    "operation-fails",
    "stuck",
    "slow",
    "operation-hidden",
    "resource-hidden",
    "late",
]
_FOREVER = 10**9


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True, strict=True)


class Match(_Part):
    """Which requests; everything that is given must fit.

    Attributes:
        method: One method or several; any where it is left out.
        path: A glob over the path (`*` also crosses `/`), or a regular expression after `re:`.
            The case does not matter.
        type: The resource type.
        nth: Only from the nth fitting request on, counted from 1.
        probability: How likely a fitting request is hit.
        seed: Of the dice, so that a run can be repeated.
        polls: Whether polls of operations are matched too; they are not, unless asked for.
    """

    method: Method | list[Method] | None = None
    path: Annotated[str | None, Field(min_length=1, max_length=500)] = None
    type: Annotated[str | None, Field(pattern=r"^[^/]+(/[^/]+)+$")] = None
    nth: Annotated[int, Field(ge=1)] = 1
    probability: Annotated[float, Field(gt=0, le=1)] = 1.0
    seed: int = 0
    polls: bool = False

    @field_validator("path")
    @classmethod
    def _compiles(cls, path: str | None) -> str | None:
        if path is not None and path.startswith("re:"):
            try:
                re.compile(path[3:])
            except re.error as error:
                raise ValueError(f"it is no regular expression: {error}") from error
        return path


class Effect(_Part):
    """What happens to a request that is hit.

    Attributes:
        kind: `respond` answers with an error instead of handling the request; `reset-before` and
            `reset-after` break the connection before or after it was handled; `timeout-after`
            handles it and answers nothing for `seconds`, then breaks the connection;
            `operation-fails` lets the operation that it begins end with the error; `stuck` keeps
            that operation and the resource as they are until the fault is removed; `slow` lets that
            operation take `seconds` longer; `operation-hidden` lets the operation's URLs answer 404
            for `seconds`; `resource-hidden` lets the resource answer 404 for `seconds` after it was
            written; `late` handles the request and keeps its answer back for `seconds`.
        status: Of `respond`.
        code: The error's code.
        message: The error's message.
        retry_after: Seconds that `respond` tells to wait, unscaled; none where it is left out.
        headers: Further headers of `respond`.
        policy: Names a policy: the error then carries it as RequestDisallowedByPolicy does.
        seconds: How long, unscaled: it is divided by the speed.
    """

    kind: Kind
    status: Annotated[int, Field(ge=400, le=599)] = 500
    code: Annotated[str, Field(min_length=1, max_length=100)] = "InternalServerError"
    message: Annotated[str, Field(max_length=1000)] = "The server encountered an error."
    retry_after: Annotated[float | None, Field(ge=0, le=86_400, alias="retryAfter")] = None
    headers: dict[str, str] = {}
    policy: str = ""
    seconds: Annotated[float, Field(gt=0, le=86_400)] = 30.0


class FaultDocument(_Part):
    """A fault.

    Attributes:
        name: For whoever reads the list of faults.
        match: Which requests.
        count: How many requests are hit at most; all where it is left out.
        for_seconds: How long the fault lasts from its making, unscaled.
        effect: What happens.
    """

    name: Annotated[str, Field(max_length=100)] = ""
    match: Match = Match()
    count: Annotated[int, Field(ge=1)] = _FOREVER
    for_seconds: Annotated[float | None, Field(gt=0, alias="forSeconds")] = None
    effect: Effect

    @model_validator(mode="after")
    def _policy_is_a_refusal(self) -> Self:
        if self.effect.policy and self.effect.kind != "respond":
            raise ValueError("effect.policy goes with the kind 'respond'")
        return self


def parse_fault(document: Any) -> FaultDocument:
    """A fault from its JSON; `preset` names one of the failures that real deployments meet.

    Raises:
        ArmError: 400; every fault of the document is named.
    """
    if not isinstance(document, dict):
        raise bad_request("InvalidFault", "A fault is a JSON object.")
    given = dict(document)
    preset = given.pop("preset", None)
    if preset is not None:
        if preset not in PRESETS:
            known = ", ".join(sorted(PRESETS))
            raise bad_request("InvalidFault", f"There is no preset {preset!r}; there are {known}.")
        given = _over({"name": preset, **PRESETS[preset]}, given)
    try:
        return FaultDocument.model_validate(given)
    except ValidationError as error:
        faults = "; ".join(
            f"{'.'.join(map(str, one['loc'])) or 'document'}: {one['msg']}"
            for one in error.errors()
        )
        raise bad_request("InvalidFault", f"The fault is not valid: {faults}.") from error


def _over(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    """Two documents laid over each other, key by key."""
    merged = dict(below)
    for name, value in above.items():
        known = merged.get(name)
        nested = isinstance(known, dict) and isinstance(value, dict)
        merged[name] = _over(known, value) if nested and known is not None else value
    return merged
