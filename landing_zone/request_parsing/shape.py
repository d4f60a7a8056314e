"""What the model knows about a place in the document: its keys, and what may stand there."""

from collections.abc import Iterator
from difflib import get_close_matches
from functools import cache
from typing import Any, Literal, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from landing_zone.tenant_request import TenantRequest

type Path = tuple[str | int, ...]

LONGEST_KEY_COMPARED = 40


def path_text(path: Path) -> str:
    """The path as people write it: `ai.models[0].deployment`."""
    text = ""
    for step in path:
        text += f"[{step}]" if isinstance(step, int) else f".{step}"
    return text.removeprefix(".")


def known_keys(path: Path) -> list[str]:
    """The keys that the mapping at a path may have; none where no mapping belongs."""
    model = _model_at(path)
    return list(_fields(model)) if model else []


def allowed_at(path: Path) -> str:
    """What may stand at a path; empty where the model does not say."""
    parent = _model_at(path[:-1]) if path else None
    field = _fields(parent).get(str(path[-1])) if parent else None
    if field is None:
        return _listed(known_keys(path))
    for rule in field.metadata:
        if isinstance(words := getattr(rule, "allowed", None), str):
            return words
    if get_origin(field.annotation) is Literal:
        return _listed([str(value) for value in get_args(field.annotation)], last=" or ")
    return _listed(known_keys(path))


def suggestion(path: Path) -> str:
    """The key that the unknown one at the end of a path was probably meant to be, or nothing."""
    key = str(path[-1])
    if len(key) > LONGEST_KEY_COMPARED:
        return ""
    here = {known.lower(): known for known in known_keys(path[:-1])}
    if near := get_close_matches(_plain(key), list(here), n=1):
        return here[near[0]]
    return _elsewhere().get(_plain(key), "")


def _plain(key: str) -> str:
    return key.replace("_", "").replace("-", "").lower()


def _listed(words: list[str], last: str = ", ") -> str:
    return ", ".join(words[:-1]) + last + words[-1] if len(words) > 1 else "".join(words)


@cache
def _elsewhere() -> dict[str, str]:
    """Where each key belongs, for keys that belong in one place only."""
    places: dict[str, list[str]] = {}
    for path in _key_paths(TenantRequest, ""):
        places.setdefault(_plain(path.rpartition(".")[2]), []).append(path)
    return {key: paths[0] for key, paths in places.items() if len(paths) == 1}


def _key_paths(model: type[BaseModel], prefix: str) -> Iterator[str]:
    for key, field in _fields(model).items():
        yield f"{prefix}{key}"
        if inner := _model_within(field.annotation):
            yield from _key_paths(inner, f"{prefix}{key}.")


def _fields(model: type[BaseModel]) -> dict[str, FieldInfo]:
    return {field.alias or name: field for name, field in model.model_fields.items()}


def _model_at(path: Path) -> type[BaseModel] | None:
    model: type[BaseModel] | None = TenantRequest
    for step in path:
        if isinstance(step, int):
            continue
        field = _fields(model).get(step) if model else None
        model = _model_within(field.annotation) if field else None
    return model


def _model_within(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    inner = (_model_within(argument) for argument in get_args(annotation))
    return next((model for model in inner if model), None)
