"""Runs the benchmarks; each ends with one JSON line of figures, which is kept as data."""

import argparse
import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
BENCHMARKS = ROOT / "benchmarks"


def names() -> list[str]:
    """The benchmarks that there are; a leading underscore marks a helper."""
    return sorted(path.stem for path in BENCHMARKS.glob("[!_]*.py"))


def run(name: str) -> bool:
    """Run one benchmark, show its output, keep its figures; returns whether it succeeded."""
    sys.stdout.write(f"== {name}\n")
    sys.stdout.flush()
    last = ""
    command = [sys.executable, "-m", f"benchmarks.{name}"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT) as process:  # noqa: S603
        for line in process.stdout or ():
            sys.stdout.write(line)
            sys.stdout.flush()
            last = line.strip() or last
    if process.returncode:
        sys.stderr.write(f"{name} ended with exit code {process.returncode}\n")
        return False
    return _keep(name, last)


def _keep(name: str, line: str) -> bool:
    """Write the figures of the closing line to benchmarks/results."""
    try:
        figures = json.loads(line)
    except ValueError:
        sys.stderr.write(f"{name} did not end with a line of JSON\n")
        return False
    results = BENCHMARKS / "results"
    results.mkdir(exist_ok=True)
    (results / f"{name}.json").write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")
    return True


def main() -> int:
    """Run the named benchmarks, or all of them; returns the exit code."""
    known = names()
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of: {', '.join(known)}")
    chosen = parser.parse_args().names or known
    if unknown := sorted(set(chosen) - set(known)):
        parser.error(f"no such benchmark: {', '.join(unknown)}")
    succeeded = [run(name) for name in chosen]
    return 0 if all(succeeded) else 1


if __name__ == "__main__":
    sys.exit(main())
