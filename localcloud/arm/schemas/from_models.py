"""Shapes derived from the models of the azure-mgmt packages, when they are first needed.

Both generations are read: those with `_attribute_map` and `_validation`, and those made of
`rest_field`. Every enum is taken as closed: a value that the SDK does not know is refused.
"""

import datetime as dt
import importlib
import inspect
import re
import types
import typing
from collections.abc import Mapping
from enum import Enum
from functools import cache
from typing import Any

from localcloud.arm.schemas.declared import DECLARED
from localcloud.arm.schemas.shapes import (
    Choice,
    Field,
    Kind,
    ListOf,
    MapOf,
    ObjectOf,
    Scalar,
    Shape,
)

_PLAIN: Mapping[Any, Kind] = {
    str: "string",
    int: "integer",
    float: "number",
    bool: "boolean",
    dt.datetime: "datetime",
}
_MSREST: Mapping[str, Kind] = {
    "str": "string",
    "int": "integer",
    "long": "integer",
    "float": "number",
    "bool": "boolean",
    "iso-8601": "datetime",
}


@cache
def shape_of(model: str) -> ObjectOf:
    """The shape of `module:Class`, or of `declared:name`."""
    module_name, _, class_name = model.partition(":")
    if module_name == "declared":
        return DECLARED[class_name]
    module = importlib.import_module(module_name)
    return _shape_of_class(getattr(module, class_name), module)


@cache
def _shape_of_class(model: type, module: types.ModuleType) -> ObjectOf:
    if hasattr(model, "_attribute_map"):
        return _old_shape(model, module)
    mapping = vars(model).get("__mapping__", {})
    own = [name for name, one in _rest_fields(model).items() if one._is_discriminator]  # noqa: SLF001
    if mapping and own:
        variants = {
            str(getattr(key, "value", key)).lower(): _variant(child, module)
            for key, child in mapping.items()
        }
        return ObjectOf(model.__name__, dict, own[0], variants)
    return _variant(model, module)


def _old_shape(model: Any, module: types.ModuleType) -> ObjectOf:
    """The shape of a model with `_attribute_map`, which may have kinds of its own."""
    for attribute, kinds in vars(model).get("_subtype_map", {}).items():
        variants = {
            key.lower(): _old_variant(getattr(module, child), module)
            for key, child in kinds.items()
        }
        name = model._attribute_map[attribute]["key"]  # noqa: SLF001 - as in _old_fields
        return ObjectOf(model.__name__, dict, name, variants)
    return _old_variant(model, module)


def _old_variant(model: type, module: types.ModuleType) -> ObjectOf:
    return ObjectOf(model.__name__, lambda: _old_fields(model, module))


def _variant(model: type, module: types.ModuleType) -> ObjectOf:
    return ObjectOf(model.__name__, lambda: _new_fields(model, module))


# The generation of rest_field.


def _rest_fields(model: type) -> dict[str, Any]:
    """The model's `_RestField`s by JSON name."""
    found: dict[str, Any] = {}
    for base in reversed(model.__mro__):
        for attribute, value in vars(base).items():
            if type(value).__name__ == "_RestField":
                found[value._rest_name_input or attribute] = value  # noqa: SLF001
    return found


def _new_fields(model: type, module: types.ModuleType) -> dict[str, Field]:
    hints = typing.get_type_hints(model, localns={"_models": module})
    fields = {}
    for base in reversed(model.__mro__):
        for attribute, value in vars(base).items():
            if type(value).__name__ != "_RestField":
                continue
            name = value._rest_name_input or attribute  # noqa: SLF001
            fields[name] = _new_field(hints[attribute], value, module)
    return fields


def _new_field(hint: Any, rest_field: Any, module: types.ModuleType) -> Field:
    inner = [one for one in typing.get_args(hint) if one is not type(None)]
    optional = typing.get_origin(hint) is typing.Union and len(inner) < len(typing.get_args(hint))
    visibility = rest_field._visibility  # noqa: SLF001 - there is no public way to a model's fields
    return Field(
        _shape_of_hint(hint, module),
        required=not optional,
        read_only=visibility == ["read"],
    )


def _shape_of_hint(hint: Any, module: types.ModuleType) -> Shape:
    origin, args = typing.get_origin(hint), typing.get_args(hint)
    if origin in {typing.Union, types.UnionType}:
        return _shape_of_union([one for one in args if one is not type(None)], module)
    if origin is list:
        return ListOf(_shape_of_hint(args[0], module))
    if origin is dict:
        return MapOf(_shape_of_hint(args[1], module))
    if origin is typing.Literal:
        return Choice(tuple(str(getattr(one, "value", one)) for one in args))
    return _shape_of_type(hint, module)


def _shape_of_union(choices: list[Any], module: types.ModuleType) -> Shape:
    """`Union[str, SomeEnum]` is how the SDK writes an enum."""
    enums = [one for one in choices if isinstance(one, type) and issubclass(one, Enum)]
    if enums:
        return Choice(tuple(str(member.value) for one in enums for member in one))
    return _shape_of_hint(choices[0], module) if len(choices) == 1 else Scalar("any")


def _shape_of_type(hint: Any, module: types.ModuleType) -> Shape:
    if hint in _PLAIN:
        return Scalar(_PLAIN[hint])
    if isinstance(hint, type):
        if issubclass(hint, Enum):
            return Choice(tuple(str(member.value) for member in hint))
        if hasattr(hint, "_attribute_map") or _rest_fields(hint):
            model: type = hint
            return _shape_of_class(model, module)
        if issubclass(hint, (dt.date, dt.time, dt.timedelta, bytes)):
            return Scalar("string")
    return Scalar("any")


# The generation of _attribute_map.


def _old_fields(model: Any, module: types.ModuleType) -> dict[str, Field]:
    flat: dict[str, Field] = {}
    annotations = _annotations(model)
    for attribute, entry in model._attribute_map.items():  # noqa: SLF001
        rules = getattr(model, "_validation", {}).get(attribute, {})
        shape = _shape_of_old(entry["type"], annotations.get(attribute, ""), module)
        flat[entry["key"]] = Field(
            shape,
            required=bool(rules.get("required")),
            read_only=bool(rules.get("readonly")),
            pattern=rules.get("pattern", ""),
            bounds=(
                rules.get("min_length", rules.get("minimum")),
                rules.get("max_length", rules.get("maximum")),
            ),
        )
    return _nested(model.__name__, flat)


def _annotations(model: Any) -> dict[str, str]:
    """The annotations of the constructor, as text: only they name a property's enum."""
    parameters = inspect.signature(model.__init__).parameters
    return {name: str(one.annotation) for name, one in parameters.items()}


def _nested(name: str, flat: Mapping[str, Field]) -> dict[str, Field]:
    """Flattened keys such as `properties.scope` as objects within objects."""
    fields: dict[str, Field] = {}
    groups: dict[str, dict[str, Field]] = {}
    for key, one in flat.items():
        head, dot, rest = key.partition(".")
        if dot and not head.endswith("\\"):
            groups.setdefault(head, {})[rest] = one
        else:
            fields[key.replace("\\.", ".")] = one
    for head, inner in groups.items():
        shape = _nested_object(f"{name}.{head}", inner)
        fields[head] = Field(shape, required=any(one.required for one in inner.values()))
    return fields


def _nested_object(name: str, inner: Mapping[str, Field]) -> ObjectOf:
    return ObjectOf(name, lambda: _nested(name, inner))


def _shape_of_old(text: str, annotation: str, module: types.ModuleType) -> Shape:
    if text.startswith("["):
        return ListOf(_shape_of_old(text[1:-1], annotation, module))
    if text.startswith("{"):
        return MapOf(_shape_of_old(text[1:-1], "", module))
    if text in _MSREST:
        named = re.search(r"_models\.(\w+)", annotation)
        enum = getattr(module, named.group(1), None) if named and text == "str" else None
        if isinstance(enum, type) and issubclass(enum, Enum):
            return Choice(tuple(str(member.value) for member in enum))
        return Scalar(_MSREST[text])
    model = getattr(module, text, None)
    return _shape_of_class(model, module) if isinstance(model, type) else Scalar("any")
