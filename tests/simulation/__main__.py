"""`python -m tests.simulation CASE`: one case of the fault matrix, told exchange by exchange.

A case is named as the tests name it: `namespace/write:stuck-updating/hub:firewall`.
"""

import sys

from tests.simulation.matrix import Case, assert_case, onboarded


def main() -> None:
    """Run the case, tell its story, and hold its end to what must be."""
    case = Case(*sys.argv[1].split("/", 2))
    with onboarded(case) as (disturbed, record):
        began = disturbed.arm.log[0].at
        for item in disturbed.arm.log:
            outcome = "broken" if item.status is None else item.status
            _say(f"{item.at - began:9.1f} s  {item.method:6} {outcome}  {item.path}")
        _say(f"{record.state.value} {record.reason} ({record.hint})")
        for work in record.open_work:
            _say(f"left: {work.key} {work.resource}: {work.reason}")
        assert_case(disturbed, record, case)


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")


if __name__ == "__main__":
    main()
