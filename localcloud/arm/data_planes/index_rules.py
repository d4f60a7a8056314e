"""What an index of AI Search must be like.

Sources: learn: rest/api/searchservice/indexes/create, naming-rules, azure/search/
vector-search-how-to-create-index and search-how-to-update (what can be changed of an index).
"""

import re
from collections.abc import Iterable, Iterator
from copy import deepcopy
from http import HTTPStatus
from typing import Any, NamedTuple

from localcloud.arm.data_planes.errors import DataPlaneError
from localcloud.arm.schemas.from_models import shape_of
from localcloud.arm.schemas.shapes import faults

_MODEL = "azure.search.documents.indexes.models:SearchIndex"
_NAME = re.compile(r"(?!.*(--|__|-_|_-))[a-z0-9][a-z0-9_-]{1,127}")
_FIELD_NAME = re.compile(r"(?!azureSearch)[A-Za-z][A-Za-z0-9_]{0,127}")
_COLLECTION = re.compile(r"Collection\((.+)\)")
_MOST_FIELDS = 1_000
_LEAST_DIMENSIONS, _MOST_DIMENSIONS = 2, 4_096
# Types of numbers that only vectors are made of.
_VECTORS = frozenset({"Edm.Single", "Edm.Half", "Edm.Int16", "Edm.SByte", "Edm.Byte"})
_TEXT = frozenset({"Edm.String", "Collection(Edm.String)"})
_SWITCHES = ("searchable", "filterable", "sortable", "facetable")
# What can be changed of a field that is there: learn: azure/search/search-how-to-update.
_CHANGEABLE = frozenset({"retrievable", "searchAnalyzer", "synonymMaps"})
_M = range(4, 11)
_EF = range(100, 1_001)


class Rule(NamedTuple):
    """One thing that is wrong with a definition."""

    code: str
    message: str


def check_definition(name: str, body: dict[str, Any]) -> dict[str, Any]:
    """The definition with what the service fills in.

    Raises:
        ArmError: 400; every fault is named.
    """
    made = {key: value for key, value in body.items() if not key.startswith("@odata.")}
    unfit = [
        Rule("InvalidRequestContent", f"{one.path}: {one.message}")
        for one in faults(shape_of(_MODEL), _without_collections(made))
    ]
    _refuse(unfit)
    made = {"name": name} | deepcopy(made)
    _refuse(list(_faults(made)))
    for field in made["fields"]:
        _complete(field)
    return made


def _refuse(found: list[Rule]) -> None:
    if not found:
        return
    error = DataPlaneError(
        HTTPStatus.BAD_REQUEST,
        "InvalidRequestParameter",
        f"The request is invalid. Details: definition : {found[0].message}",
    )
    error.details = [
        {"code": one.code, "message": f"{one.message} Parameters: definition"} for one in found
    ]
    raise error


def _without_collections(value: Any) -> Any:
    """The same with `Collection(X)` as X: the model's enum names the elements only."""
    match value:
        case dict():
            return {
                key: _element(one) if key == "type" else _without_collections(one)
                for key, one in value.items()
            }
        case list():
            return [_without_collections(one) for one in value]
        case _:
            return value


def _element(kind: Any) -> Any:
    found = _COLLECTION.fullmatch(kind) if isinstance(kind, str) else None
    return found[1] if found else kind


def _faults(definition: dict[str, Any]) -> Iterator[Rule]:
    if not _NAME.fullmatch(definition["name"]):
        yield Rule("InvalidName", f"The index name '{definition['name']}' is invalid.")
    fields = definition.get("fields") or []
    if not 0 < len(fields) <= _MOST_FIELDS:
        yield Rule("InvalidField", f"An index has 1 to {_MOST_FIELDS} fields.")
    keys = [one["name"] for one in fields if one.get("key")]
    if len(keys) != 1:
        yield Rule("InvalidField", f"The index must have exactly one key field; found {keys}.")
    names = [str(one["name"]).lower() for one in fields]
    if len(set(names)) < len(names):
        yield Rule("InvalidField", "Two fields have the same name.")
    yield from _vector_faults(definition.get("vectorSearch") or {})
    profiles = _names((definition.get("vectorSearch") or {}).get("profiles"))
    for field in fields:
        yield from _field_faults(field, profiles)
    yield from _semantic_faults(definition.get("semantic") or {}, fields)


def _names(items: Iterable[dict[str, Any]] | None) -> set[str]:
    return {str(one["name"]) for one in items or ()}


def is_vector(field: dict[str, Any]) -> bool:
    """Whether a field holds vectors."""
    found = _COLLECTION.fullmatch(field["type"])
    return found is not None and found[1] in _VECTORS


def _field_faults(field: dict[str, Any], profiles: set[str]) -> Iterator[Rule]:
    name, kind = field["name"], field["type"]
    if not _FIELD_NAME.fullmatch(name):
        yield Rule("InvalidName", f"The field name '{name}' is invalid.")
    if field.get("key") and (kind != "Edm.String" or field.get("retrievable") is False):
        yield Rule("InvalidField", f"The key field '{name}' must be a retrievable Edm.String.")
    if kind in _VECTORS:
        yield Rule("InvalidField", f"The field '{name}' cannot be of the type '{kind}'.")
    if is_vector(field):
        yield from _vector_field_faults(field, profiles)
        return
    for own in ("dimensions", "vectorSearchProfile"):
        if field.get(own) is not None:
            yield Rule("InvalidField", f"The field '{name}' is no vector and has no '{own}'.")
    if field.get("searchable") and kind not in _TEXT:
        yield Rule("InvalidField", f"The field '{name}' of the type '{kind}' is not searchable.")
    if field.get("sortable") and _COLLECTION.fullmatch(kind):
        yield Rule("InvalidField", f"The collection '{name}' cannot be sortable.")


def _vector_field_faults(field: dict[str, Any], profiles: set[str]) -> Iterator[Rule]:
    name, size = field["name"], field.get("dimensions")
    if size is None:
        message = f"The vector field '{name}' must have the property 'dimensions' set."
        yield Rule("InvalidField", message)
    elif not _LEAST_DIMENSIONS <= size <= _MOST_DIMENSIONS:
        message = f"The vector field '{name}' has {size} dimensions: 2 to 4096 are allowed."
        yield Rule("InvalidField", message)
    profile = field.get("vectorSearchProfile")
    if profile is None:
        message = f"The vector field '{name}' must have the property 'vectorSearchProfile' set."
        yield Rule("InvalidField", message)
    elif profile not in profiles:
        message = (
            f"The field '{name}' uses a vector search profile '{profile}' that is not defined."
        )
        yield Rule("UnknownVectorAlgorithmConfiguration", message)
    if not field.get("searchable", False):
        yield Rule("InvalidField", f"The vector field '{name}' must be searchable.")
    for switch in _SWITCHES[1:]:
        if field.get(switch):
            yield Rule("InvalidField", f"The vector field '{name}' cannot be {switch}.")
    if field.get("stored") is False and field.get("retrievable"):
        yield Rule("InvalidField", f"The field '{name}' is not stored and cannot be retrievable.")


def _vector_faults(search: dict[str, Any]) -> Iterator[Rule]:
    algorithms = _names(search.get("algorithms"))
    for profile in search.get("profiles") or ():
        used = profile.get("algorithm")
        if used not in algorithms:
            message = f"The profile '{profile['name']}' uses an algorithm '{used}' not defined."
            yield Rule("UnknownVectorAlgorithmConfiguration", message)
    for algorithm in search.get("algorithms") or ():
        found = algorithm.get("hnswParameters") or {}
        bounds = {"m": _M, "efConstruction": _EF, "efSearch": _EF}
        for name, allowed in bounds.items():
            if found.get(name) is not None and found[name] not in allowed:
                message = f"'{name}' of '{algorithm['name']}' is {allowed[0]} to {allowed[-1]}."
                yield Rule("InvalidVectorSearchParameter", message)


def _semantic_faults(semantic: dict[str, Any], fields: list[dict[str, Any]]) -> Iterator[Rule]:
    texts = {str(one["name"]) for one in fields if one["type"] in _TEXT}
    configurations = semantic.get("configurations") or []
    default = semantic.get("defaultConfiguration")
    if default is not None and default not in _names(configurations):
        yield Rule("InvalidSemantic", f"The semantic configuration '{default}' is not defined.")
    for one in configurations:
        for used in _semantic_fields(one.get("prioritizedFields") or {}):
            if used not in texts:
                message = (
                    f"The semantic configuration '{one['name']}' uses '{used}', no text field."
                )
                yield Rule("InvalidSemantic", message)


def _semantic_fields(prioritized: dict[str, Any]) -> Iterator[str]:
    title = prioritized.get("titleField")
    lists = ("prioritizedContentFields", "prioritizedKeywordsFields")
    further = [one for name in lists for one in prioritized.get(name) or ()]
    for one in [title, *further] if title else further:
        yield str(one["fieldName"])


def _complete(field: dict[str, Any]) -> None:
    """Fill in what the service fills in of a field."""
    vector, single = is_vector(field), not _COLLECTION.fullmatch(field["type"])
    field.setdefault("key", False)
    field.setdefault("retrievable", not vector)
    field.setdefault("stored", True)
    field.setdefault("searchable", vector or field["type"] in _TEXT)
    field.setdefault("filterable", not vector)
    field.setdefault("facetable", not vector)
    field.setdefault("sortable", single)


def check_change(old: dict[str, Any], new: dict[str, Any]) -> None:
    """Refuse to change what an index is built on, which would take a rebuild.

    Raises:
        ArmError: 400.
    """
    after = {one["name"]: one for one in new["fields"]}
    changed = [one["name"] for one in old["fields"] if _is_other(one, after.get(one["name"]))]
    algorithms = (old.get("vectorSearch") or {}).get("algorithms") or []
    kept = _names((new.get("vectorSearch") or {}).get("algorithms"))
    gone = [one["name"] for one in algorithms if one["name"] not in kept]
    if not changed and not gone:
        return
    what = f"Existing field(s) '{', '.join(changed)}'" if changed else f"Algorithm(s) {gone}"
    error = DataPlaneError(
        HTTPStatus.BAD_REQUEST,
        "OperationNotAllowed",
        f"The request is invalid. Details: index : {what} cannot be deleted or changed.",
    )
    error.details = [{"code": "CannotChangeExistingField", "message": f"{what} cannot be changed."}]
    raise error


def _is_other(old: dict[str, Any], new: dict[str, Any] | None) -> bool:
    if new is None:
        return True
    names = (old.keys() | new.keys()) - _CHANGEABLE
    return any(old.get(name) != new.get(name) for name in names)
