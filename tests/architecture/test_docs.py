"""The documentation leads where it says."""

import re

from tests.architecture.sources import ROOT

LINK = re.compile(r"\]\((?!https?:)([^)#]+)(?:#[^)]*)?\)")


def test_every_link_to_a_file_leads_to_one() -> None:
    """In the pages at the root and in docs."""
    pages = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]
    broken = [
        f"{page.relative_to(ROOT)}: {target}"
        for page in pages
        for target in LINK.findall(page.read_text(encoding="utf-8"))
        if not (page.parent / target).exists()
    ]
    assert broken == []


def test_every_decision_is_in_the_index() -> None:
    """`docs/adr/README.md` has a line for each page."""
    adr = ROOT / "docs" / "adr"
    index = (adr / "README.md").read_text(encoding="utf-8")
    assert [page.name for page in sorted(adr.glob("[0-9]*.md")) if page.name not in index] == []


def test_every_command_that_is_documented_exists() -> None:
    """Each `make` word of the README is a target of the Makefile."""
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    named = set(re.findall(r"(?:^    |`)make ([a-z-]+)", readme, re.MULTILINE))
    assert {"demo", "test", "up"} <= named
    assert [name for name in sorted(named) if f"\n{name}:" not in makefile] == []
