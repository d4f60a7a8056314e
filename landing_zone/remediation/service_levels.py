"""How long it takes from a change to its verified fix: a histogram for each rule.

Buckets are log-linear: each power of two is cut into as many equal parts, so that a percentile is
off by less than two in a hundred, whatever its size. Histograms of two processes, or of two days,
are added bucket by bucket: in any order and in any grouping the sum is the same.
"""

import math
from collections.abc import Iterable, Mapping
from typing import Final

from pydantic import Field

from landing_zone.contracts import Contract

_PARTS: Final = 32
_SMALLEST: Final = -10
_GREATEST: Final = 24
"""Times from a thousandth of a second to half a year; others count as the nearest of these."""


class Histogram(Contract):
    """How often which time was seen.

    Attributes:
        buckets: Count by number of the bucket, as text: JSON has no other keys.
    """

    buckets: dict[str, int] = Field(default_factory=dict)

    @property
    def count(self) -> int:
        """How many times were seen."""
        return sum(self.buckets.values())

    def percentile(self, share: float) -> float | None:
        """Seconds within which that share of all was done; None where nothing was seen.

        Args:
            share: From 0 to 1.
        """
        left = max(1, math.ceil(share * self.count))
        for number in sorted(map(int, self.buckets)):
            left -= self.buckets[str(number)]
            if left <= 0:
                return _middle(number)
        return None

    @property
    def p50(self) -> float | None:
        """The median."""
        return self.percentile(0.5)

    @property
    def p95(self) -> float | None:
        """Seconds that 95 of 100 stay within."""
        return self.percentile(0.95)

    @property
    def p99(self) -> float | None:
        """Seconds that 99 of 100 stay within."""
        return self.percentile(0.99)


def observed(histogram: Histogram, *seconds: float) -> Histogram:
    """The histogram with further times; a time that clocks made negative counts as the shortest."""
    return merged([histogram, Histogram(buckets=_counted(seconds))])


def merged(histograms: Iterable[Histogram]) -> Histogram:
    """The sum of histograms."""
    total: dict[str, int] = {}
    for one in histograms:
        for number, count in one.buckets.items():
            total[number] = total.get(number, 0) + count
    return Histogram(buckets=total)


class ServiceLevels(Contract):
    """The histogram of each rule.

    Attributes:
        rules: By the rule's name.
    """

    rules: dict[str, Histogram] = Field(default_factory=dict)

    def observed(self, rule: str, *seconds: float) -> "ServiceLevels":
        """With further times of one rule."""
        known = self.rules.get(rule, Histogram())
        return ServiceLevels(rules={**self.rules, rule: observed(known, *seconds)})

    @property
    def total(self) -> Histogram:
        """All rules together."""
        return merged(self.rules.values())


def merged_levels(levels: Iterable[ServiceLevels]) -> ServiceLevels:
    """The sum of service levels, rule by rule."""
    found: dict[str, list[Histogram]] = {}
    for one in levels:
        for rule, histogram in one.rules.items():
            found.setdefault(rule, []).append(histogram)
    return ServiceLevels(rules={rule: merged(several) for rule, several in found.items()})


def summary(histogram: Histogram) -> Mapping[str, float | int | None]:
    """The figures that people read."""
    return {
        "count": histogram.count,
        "p50Seconds": histogram.p50,
        "p95Seconds": histogram.p95,
        "p99Seconds": histogram.p99,
    }


def _counted(seconds: Iterable[float]) -> dict[str, int]:
    counts: dict[str, int] = {}
    for one in seconds:
        number = str(_bucket(one))
        counts[number] = counts.get(number, 0) + 1
    return counts


def _bucket(seconds: float) -> int:
    """Number of the bucket: the power of two, and the part of it."""
    least, most = 2.0**_SMALLEST, math.nextafter(2.0**_GREATEST, 0.0)
    bounded = most if math.isnan(seconds) else min(max(seconds, least), most)
    mantissa, exponent = math.frexp(bounded)
    return (exponent - 1) * _PARTS + int((mantissa * 2 - 1) * _PARTS)


def _middle(number: int) -> float:
    """The time in the middle of a bucket."""
    exponent, part = divmod(number, _PARTS)
    return 2.0**exponent * (1 + (part + 0.5) / _PARTS)
