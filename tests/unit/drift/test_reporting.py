"""What is told of findings adds up, whatever their order and number."""

from random import Random

from hypothesis import given
from hypothesis import strategies as st

from landing_zone.drift.cases import Findings
from landing_zone.drift.reporting import FindingFilter, FindingReport, events_document
from landing_zone.drift.tallies import because, day_of, summed
from landing_zone.remediation.findings import FindingState
from landing_zone.remediation.names import RULE_NAMES
from tests.fakes import NOON
from tests.unit.drift.drawn import OWNER, finding, findings

FILTERS = st.builds(
    FindingFilter,
    owner=st.sampled_from(["", OWNER.name, "fabrikam"]),
    rule=st.sampled_from(["", *RULE_NAMES]),
    state=st.sampled_from([None, *FindingState]),
    top=st.integers(1, 3),
)


def told(found: Findings, wanted: FindingFilter) -> dict[str, object]:
    """What is told of them."""
    report = FindingReport(wanted)
    for one in found:
        report.add(one)
    return report.document()


@given(findings(), FILTERS, st.randoms())
def test_the_order_does_not_matter(found: Findings, wanted: FindingFilter, rng: Random) -> None:
    """In which findings are read."""
    shuffled = list(found)
    rng.shuffle(shuffled)
    assert told(found, wanted) == told(tuple(shuffled), wanted)


@given(findings(), FILTERS)
def test_every_finding_is_counted_once_and_listed_or_told_of(
    found: Findings, wanted: FindingFilter
) -> None:
    """By its state and by its rule."""
    report = FindingReport(wanted)
    for one in found:
        report.add(one)
    document = report.document()
    taken = [one for one in found if wanted.takes(one)]
    listed = [one for one in taken if wanted.state is not None or not one.is_over]
    assert sum(document["byState"].values()) == len(taken)
    assert sum(sum(one.values()) for one in document["byRule"].values()) == len(taken)
    assert len(document["value"]) == min(wanted.top, len(listed))
    assert document["notShown"] == len(listed) - len(document["value"])


def test_a_flood_of_findings_takes_no_more_than_what_is_shown() -> None:
    """They are counted one by one."""
    report = FindingReport(FindingFilter(top=2))
    for number in range(1000):
        report.add(finding(resource_id=f"/subscriptions/s/resourcegroups/{number}"))
        assert len(report._listed) < 4
    assert report.document()["notShown"] == 998


ENDS = ("handled", "coalesced", "duplicate", "ignored:a: b", "refused:c", "fixed:public-ip")


@given(st.lists(st.sampled_from(ENDS), max_size=30))
def test_all_events_are_in_the_total(ends: list[str]) -> None:
    """What was found of resources is none."""
    tally = summed({end: 1} for end in ends)
    events = events_document({day_of(NOON): tally}, NOON)
    assert events["today"] == events["inAll"]
    assert events["today"]["total"] == sum(not end.startswith("fixed") for end in ends)
    reasons = events["today"]["ignored"]["byReason"]
    assert reasons == ({"a: b": ends.count("ignored:a: b")} if "ignored:a: b" in ends else {})
    assert because("ignored", "a: b").keys() == {"ignored:a: b"}
