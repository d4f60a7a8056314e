"""Required tags, restored from the registry with the Tags API's Merge."""

from collections.abc import Mapping
from typing import Any, Final

from landing_zone.planning import api_versions
from landing_zone.remediation.kinds import KINDS
from landing_zone.remediation.model import Facts, Fix, Rule, Violation, Write
from landing_zone.remediation.names import RuleName
from landing_zone.remediation.rules.bodies import is_in, mapping

_TAGS: Final = "providers/Microsoft.Resources/tags/default"


def evaluate(facts: Facts) -> tuple[Violation, ...]:
    """The required tags that are missing or have another value, in one violation."""
    if facts.resource is None:
        return ()
    present = mapping(facts.resource, "tags")
    wanted = facts.ground.tags
    if all(present.get(name) == value for name, value in wanted.items()):
        return ()
    if is_in(facts.resource_id, facts.ground.unmanaged):
        return ()
    wrong = _wrong(wanted, present)
    return (_violation(facts.resource_id, wrong),) if wrong else ()


def _wrong(wanted: Mapping[str, str], present: Mapping[str, Any]) -> dict[str, str]:
    """Names of tags compare without regard to case, values with (learn: tag-resources)."""
    known = {name.lower(): value for name, value in present.items()}
    return {name: value for name, value in wanted.items() if known.get(name.lower()) != value}


def _violation(resource_id: str, wrong: dict[str, str]) -> Violation:
    merge = Write(
        method="PATCH",
        path=f"{resource_id}/{_TAGS}",
        api_version=api_versions.RESOURCES,
        body={"operation": "Merge", "properties": {"tags": wrong}},
    )
    return Violation(
        rule=RuleName.REQUIRED_TAGS,
        resource_id=resource_id,
        detail=f"required tags are missing or changed: {', '.join(sorted(wrong))}",
        fix=Fix(writes=(merge,), verify="answer"),
    )


def is_shown(fix: Fix, answer: Mapping[str, Any] | None) -> bool:
    """Whether the answer to a merge of tags shows that they are there now."""
    wanted = mapping(fix.writes[-1].body, "properties", "tags") if fix.writes else {}
    return not _wrong(wanted, mapping(answer, "properties", "tags"))


RULE: Final = Rule(
    name=RuleName.REQUIRED_TAGS,
    title="every subscription, resource group and resource of a tenant has the required tags",
    types=frozenset(key for key, kind in KINDS.items() if kind.tagged),
    evaluate=evaluate,
)
