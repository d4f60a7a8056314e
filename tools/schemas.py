"""Writes the JSON Schemas in docs/ from the models, or checks that they are fresh."""

import argparse
import json
import sys
from collections.abc import Callable
from pathlib import Path

from landing_zone.hub import HubDocument
from landing_zone.intake.results import OnboardingResult
from landing_zone.tenant_request.schema import DIALECT, schema_text

DOCS = Path(__file__).resolve().parents[1] / "docs"


def hub_schema() -> str:
    """The JSON Schema of the hub document."""
    schema = {"$schema": DIALECT, **HubDocument.model_json_schema(by_alias=True)}
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


def result_schema() -> str:
    """The JSON Schema of what the queue of results tells."""
    schema = {"$schema": DIALECT, **OnboardingResult.model_json_schema(by_alias=True)}
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


PUBLISHED: dict[str, Callable[[], str]] = {
    "hub.schema.json": hub_schema,
    "onboarding-result.schema.json": result_schema,
    "tenant-request.schema.json": schema_text,
}


def stale(docs: Path) -> list[str]:
    """The names of schemas that differ from their models."""
    return [
        name
        for name, text in PUBLISHED.items()
        if not (docs / name).exists() or (docs / name).read_text(encoding="utf-8") != text()
    ]


def main() -> int:
    """Write what is stale, or with `--check` only name it; returns the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing, fail if stale")
    names = stale(DOCS)
    if parser.parse_args().check:
        for name in names:
            sys.stderr.write(f"docs/{name} differs from its model: run `make schemas`\n")
        return 1 if names else 0
    for name in names:
        (DOCS / name).write_text(PUBLISHED[name](), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
