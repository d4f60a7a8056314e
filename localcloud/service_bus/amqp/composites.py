"""How AMQP's composite types (lists with a descriptor) become frozen classes, and back.

A class names its fields in the order of the specification; their annotations are their AMQP types.
What a peer may leave out has the specification's default, here as there.
"""

from dataclasses import MISSING, dataclass, fields
from types import NoneType, UnionType
from typing import Any, ClassVar, Self, get_args, get_origin, get_type_hints

from localcloud.service_bus.amqp.decoding import DecodeError
from localcloud.service_bus.amqp.encoding import described, encode, encode_list
from localcloud.service_bus.amqp.types import Described, ULong

ANY = object
Layout = tuple[tuple[str, type, bool, Any], ...]
_LAYOUTS: dict[type["Composite"], Layout] = {}


@dataclass(frozen=True, slots=True)
class Composite:
    """The base of all composite types.

    Attributes:
        CODE: The descriptor's number.
        WHOLE: Whether nulls at the end are written, for peers that count on them.
    """

    CODE: ClassVar[int] = 0
    WHOLE: ClassVar[bool] = False

    def encoded(self) -> bytes:
        """The value as bytes, with its descriptor."""
        parts = [_written(getattr(self, name), kind) for name, kind, _, _ in _layout(type(self))]
        if not self.WHOLE:
            while parts and parts[-1] is None:
                parts.pop()
        return described(self.CODE, encode_list(parts))

    @classmethod
    def of(cls, values: Any) -> Self:
        """The value out of the fields of a decoded list.

        Raises:
            DecodeError: A field is missing, has another type, or there are too many.
        """
        layout = _layout(cls)
        if not isinstance(values, list) or len(values) > len(layout):
            raise DecodeError(f"{cls.__name__}: not a list of its fields")
        given = [*values, *([None] * (len(layout) - len(values)))]
        return cls(
            **{
                name: _read(cls, name, kind, optional, default, value)
                for (name, kind, optional, default), value in zip(layout, given, strict=True)
            }
        )


def _layout(cls: type[Composite]) -> Layout:
    """Name, type, whether it may be left out, and default of each field."""
    known = _LAYOUTS.get(cls)
    if known is None:
        hints = get_type_hints(cls)
        known = _LAYOUTS[cls] = tuple(
            (
                one.name,
                _kind(hints[one.name]),
                one.default is not MISSING,
                None if one.default is MISSING else one.default,
            )
            for one in fields(cls)
        )
    return known


def _kind(hint: Any) -> type:
    """The AMQP type that an annotation names."""
    if hint is Any:
        return ANY
    if get_origin(hint) is UnionType:
        (hint,) = (one for one in get_args(hint) if one is not NoneType)
    kind: type = get_origin(hint) or hint
    return kind


def _written(value: Any, kind: type) -> bytes | None:
    if value is None:
        return None
    if isinstance(value, Composite):
        return value.encoded()
    return encode(value if kind is ANY or type(value) is kind else kind(value))


def _read(cls: type, name: str, kind: type, optional: bool, default: Any, value: Any) -> Any:
    if value is None:
        if not optional:
            raise DecodeError(f"{cls.__name__}.{name} is missing")
        return default
    if kind is ANY or type(value) is kind:
        return value
    if issubclass(kind, Composite) and isinstance(value, Described):
        return composite(kind, value)
    raise DecodeError(f"{cls.__name__}.{name} is a {type(value).__name__}")


def composite[T: Composite](kind: type[T], value: Described) -> T:
    """A described list as the composite type that is expected.

    Raises:
        DecodeError: It is another one.
    """
    if number(value) != kind.CODE:
        raise DecodeError(f"{kind.__name__} has another descriptor")
    return kind.of(value.value)


def number(value: Described) -> int:
    """The descriptor's number.

    Raises:
        DecodeError: The descriptor is no number.
    """
    if type(value.descriptor) is not ULong:
        raise DecodeError("a descriptor that is no number")
    return int(value.descriptor)
