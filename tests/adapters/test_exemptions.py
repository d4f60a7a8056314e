"""Exemptions, on genuine tables."""

from datetime import timedelta

from azure.data.tables.aio import TableClient

from azure_adapters.exemptions import TableExemptions
from landing_zone.remediation.exemptions import Exemption
from tests.fakes import NOON
from tests.unit.drift.drawn import RESOURCE

type Tables = tuple[TableClient, TableClient]


def exemption(name: str = "moving", scope: str = RESOURCE, reason: str = "it moves") -> Exemption:
    """An exemption."""
    return Exemption(
        id=name,
        rule="*",
        scope=scope,
        reason=reason,
        by="ann",
        expires=NOON + timedelta(days=3, microseconds=7),
    )


async def test_an_exemption_is_kept_as_it_is(tables: Tables) -> None:
    """Another process sees it, also one that has ended."""
    one, other = map(TableExemptions, tables)
    assert await one.all() == []
    long = exemption("other", scope=f"{RESOURCE}/{'x' * 1800}", reason="ü" * 500)
    ended = exemption().model_copy(update={"expires": NOON - timedelta(days=400)})
    await one.put(long)
    await one.put(ended)
    assert sorted(await other.all(), key=lambda found: found.id) == [ended, long]


async def test_one_of_the_same_id_takes_its_place(tables: Tables) -> None:
    """Nothing of the one before is left."""
    one, other = map(TableExemptions, tables)
    await one.put(exemption(reason="x" * 500))
    await other.put(exemption(reason="shorter"))
    assert await one.all() == [exemption(reason="shorter")]


async def test_one_is_taken_back_once(tables: Tables) -> None:
    """The others stay."""
    one, other = map(TableExemptions, tables)
    await one.put(exemption())
    await one.put(exemption("other"))
    assert await one.remove("moving")
    assert not await other.remove("moving")
    assert await other.all() == [exemption("other")]
