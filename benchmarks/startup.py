"""How long importing the function app takes: what a cold start of ours costs.

    python benchmarks/startup.py [--rounds 7]

Each round is a new interpreter. The rounds are warm (bytecode and file cache are there), as on an
instance that Azure has prepared. Prints the slowest packages of the last round, and ends with one
JSON line: `importSeconds` (median of the import alone), `processSeconds` (with the interpreter).
"""

import argparse
import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
CODE = "import time; t = time.perf_counter(); import function_app; print(time.perf_counter() - t)"


def environment(cache: str) -> dict[str, str]:
    """An environment in which bytecode is kept, as it is in a deployed package."""
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return kept | {"PYTHONPYCACHEPREFIX": cache}


def one_round(variables: dict[str, str]) -> tuple[float, float]:
    """Seconds of the import, and of the whole process."""
    start = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-c", CODE],
        cwd=ROOT,
        env=variables,
        capture_output=True,
        text=True,
        check=True,
    )
    return float(done.stdout), time.perf_counter() - start


def slowest(variables: dict[str, str], count: int = 8) -> list[tuple[float, str]]:
    """The packages whose own code took longest, in seconds."""
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-c", "import function_app"],
        cwd=ROOT,
        env=variables,
        capture_output=True,
        text=True,
        check=True,
    )
    own: dict[str, float] = {}
    for line in done.stderr.splitlines():
        found = re.match(r"import time:\s+(\d+) \|\s+\d+ \|\s+(\S+)", line)
        if found:
            package = ".".join(found[2].split(".")[:2])
            own[package] = own.get(package, 0.0) + int(found[1]) / 1e6
    return sorted(((seconds, name) for name, seconds in own.items()), reverse=True)[:count]


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description="cost of importing the function app")
    parser.add_argument("--rounds", type=int, default=7)
    rounds = parser.parse_args().rounds
    with tempfile.TemporaryDirectory() as cache:
        variables = environment(cache)
        one_round(variables)
        figures = [one_round(variables) for _ in range(rounds)]
        for seconds, name in slowest(variables):
            print(f"{seconds * 1000:8.1f} ms  {name}")
    result = {
        "importSeconds": round(statistics.median(each[0] for each in figures), 3),
        "processSeconds": round(statistics.median(each[1] for each in figures), 3),
    }
    print(json.dumps(result))


if __name__ == "__main__":
    main()
