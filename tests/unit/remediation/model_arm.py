"""A model of ARM that fixes are applied to, and looks that read from it."""

import copy
from dataclasses import dataclass, field, replace
from typing import Any

from landing_zone.arm_ids import normalized
from landing_zone.remediation.ground import Ground
from landing_zone.remediation.model import Facts, Fix, Violation, Write
from landing_zone.remediation.rules import missing_reads, violations
from tests.unit.remediation.estate import EMBEDDED, World, answer, facts_of, keep_records


@dataclass
class Look:
    """What one look saw.

    Attributes:
        violations: What is wrong.
        reads: How many reads it took.
    """

    violations: tuple[Violation, ...]
    reads: int


@dataclass
class Model:
    """What ARM holds."""

    world: World
    writes: list[Write] = field(default_factory=list)

    def look(self, ground: Ground, resource_id: str, *about: str) -> Look:
        """Read a resource, and whatever rules ask for beyond it."""
        facts: Facts = facts_of(self.world, ground, resource_id, *about)
        reads = 1
        while asked := missing_reads(facts):
            reads += len(asked)
            answers = {one: answer(self.world, one) for one in asked}
            facts = replace(facts, answers={**facts.answers, **answers})
        return Look(violations(facts), reads)

    def fix(self, violation: Violation) -> Any:
        """Make the writes of a fix; returns the last answer."""
        assert isinstance(violation.fix, Fix), violation
        answered = None
        for write in violation.fix.writes:
            self.writes.append(write)
            answered = self._write(write)
        return answered

    def _write(self, write: Write) -> Any:
        key = normalized(write.path)
        if key.endswith("/providers/microsoft.resources/tags/default"):
            return self._merge_tags(key.rpartition("/providers/")[0], write)
        parent, _, segment = key.rpartition("/")[0].rpartition("/")
        if segment in EMBEDDED:
            return self._write_child(parent, segment, write)
        match write.method:
            case "DELETE":
                del self.world[key]
            case "PATCH":
                merge(self.world[key], write.body or {})
            case "PUT":
                self._put(key, write)
        return copy.deepcopy(self.world.get(key))

    def _put(self, key: str, write: Write) -> None:
        old = self.world.get(key, {"id": write.path, "name": write.path.rpartition("/")[2]})
        kept: dict[str, Any] = {
            name: old[name] for name in ("id", "name", "type", "etag", "eTag") if name in old
        }
        self.world[key] = {**kept, **copy.deepcopy(write.body or {})}
        if "/privatednszonegroups/" in key:
            keep_records(self.world, self.world[key])

    def _write_child(self, parent: str, segment: str, write: Write) -> Any:
        properties = self.world[parent]["properties"]
        name = next((one for one in properties if one.lower() == segment), segment)
        own = write.path.rpartition("/")[2]
        others = [one for one in properties.get(name, []) if one["name"].lower() != own.lower()]
        old = [one for one in properties.get(name, []) if one["name"].lower() == own.lower()]
        if write.method == "DELETE":
            assert old, write.path
            properties[name] = others
            return None
        body = {"name": own, "id": write.path, **copy.deepcopy(write.body or {})}
        if old:
            body |= {key: old[0][key] for key in ("name", "id", "type", "etag") if key in old[0]}
        properties[name] = [*others, body]
        return body

    def _merge_tags(self, key: str, write: Write) -> Any:
        wanted = (write.body or {})["properties"]["tags"]
        assert (write.body or {})["operation"] == "Merge"
        tags = self.world[key].setdefault("tags", {})
        spelled = {name.lower(): name for name in tags}
        tags |= {spelled.get(name.lower(), name): value for name, value in wanted.items()}
        return {"properties": {"tags": dict(tags)}}


def merge(body: dict[str, Any], changes: dict[str, Any]) -> None:
    """Lay changes over a body, as PATCH does."""
    for name, value in changes.items():
        if isinstance(value, dict) and isinstance(body.get(name), dict):
            merge(body[name], value)
        else:
            body[name] = copy.deepcopy(value)


def sorted_world(world: World) -> World:
    """The same without the order of named children, and without what their names say too."""
    made = copy.deepcopy(world)
    for body in made.values():
        properties = body.get("properties", {})
        for name in list(properties):
            if name.lower() in EMBEDDED:
                properties[name] = [
                    {part: one for part, one in child.items() if part not in {"id", "type"}}
                    for child in properties[name]
                ]
                properties[name].sort(key=lambda child: str(child["name"]).lower())
    return made
