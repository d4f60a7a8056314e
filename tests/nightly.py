"""Parameters of which most are tried by night alone."""

from collections.abc import Collection, Iterable
from typing import Any

import pytest


def by_day(parameters: Iterable[Any], chosen: Collection[Any]) -> list[Any]:
    """All parameters, those marked `nightly` that are not among the chosen ones."""
    known = list(parameters)
    missing = [one for one in chosen if one not in known]
    assert not missing, f"chosen, but no parameter: {missing}"
    return [one if one in chosen else _by_night(one) for one in known]


def _by_night(parameter: Any) -> Any:
    values = parameter if isinstance(parameter, tuple) else (parameter,)
    return pytest.param(*values, marks=pytest.mark.nightly)
