"""pydantic's errors in the words of someone who writes YAML or JSON."""

from collections.abc import Iterator

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from landing_zone.request_parsing.faults import Fault
from landing_zone.request_parsing.shape import Path, allowed_at, path_text, suggestion
from landing_zone.tenant_request.cross_rules import breaches
from landing_zone.tenant_request.field_rules import FAULT
from landing_zone.tenant_request.wording import described, quoted, shortened


def translated(error: ValidationError, document: object) -> list[Fault]:
    """Every fault that pydantic found, and every rule between values that is broken besides."""
    found = list(_field_faults(error))
    seen = {fault.path for fault in found}
    return found + [
        Fault(path, breach.message, breach.allowed)
        for breach in breaches(document)
        if (path := path_text(breach.path)) not in seen
    ]


def _field_faults(error: ValidationError) -> Iterator[Fault]:
    for details in error.errors(include_url=False):
        path: Path = details["loc"]
        message, allowed = _words(details, path)
        yield Fault(path_text(_visible(path)), message, allowed)


def _words(details: ErrorDetails, path: Path) -> tuple[str, str]:
    value = details["input"]
    context = details.get("ctx", {})
    match details["type"]:
        case kind if kind == FAULT:
            words = str(context["message"]), str(context["allowed"])
        case "missing":
            words = "is missing", allowed_at(path)
        case "extra_forbidden":
            near = suggestion(path)
            hint = f"; did you mean {near}?" if near else ""
            words = f"is not a known key{hint}", allowed_at(path[:-1])
        case "invalid_key":
            words = "has a key that is not text", allowed_at(path[:-1])
        case "literal_error":
            words = f"may not be {described(value)}", str(context["expected"]).replace("'", "")
        case "too_long":
            words = "has too many entries", f"at most {context['max_length']}"
        case "too_short":
            words = "has too few entries", f"at least {context['min_length']}"
        case "tuple_type":
            words = f"must be a list, not {described(value)}", "a list"
        case "model_type" | "model_attributes_type":
            words = f"must be a mapping, not {described(value)}", allowed_at(path)
        case _:
            words = f"may not be {described(value)}", allowed_at(path)
    return words


def _visible(path: Path) -> Path:
    """The path with keys that a person wrote made short and visible."""
    return tuple(
        step if isinstance(step, int) or _harmless(step) else quoted(step) for step in path
    )


def _harmless(key: str) -> bool:
    return key.isprintable() and key == shortened(key)
