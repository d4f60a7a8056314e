"""AMQP's primitive types that Python does not tell apart.

Those that it does: `None`, `bool`, `int` (AMQP's int), `float` (double), `bytes` (binary), `str`
(string), `UUID`, `list` and `dict` (map).
"""

from dataclasses import dataclass
from typing import Any


class UByte(int):
    """0 to 2**8 - 1."""

    __slots__ = ()


class UShort(int):
    """0 to 2**16 - 1."""

    __slots__ = ()


class UInt(int):
    """0 to 2**32 - 1."""

    __slots__ = ()


class ULong(int):
    """0 to 2**64 - 1."""

    __slots__ = ()


class Byte(int):
    """-2**7 to 2**7 - 1."""

    __slots__ = ()


class Short(int):
    """-2**15 to 2**15 - 1."""

    __slots__ = ()


class Long(int):
    """-2**63 to 2**63 - 1."""

    __slots__ = ()


class Timestamp(int):
    """Milliseconds since the epoch, in 64 bits."""

    __slots__ = ()


class Float(float):
    """A number of 32 bits."""

    __slots__ = ()


class Symbol(str):
    """An ASCII name out of a constrained domain."""

    __slots__ = ()


class Char(str):
    """One Unicode character."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Opaque:
    """A decimal number, which is only ever passed on.

    Attributes:
        code: Its constructor, which says its width.
        data: Its bytes.
    """

    code: int
    data: bytes


@dataclass(frozen=True, slots=True)
class Described:
    """A value with a descriptor that gives it a meaning."""

    descriptor: Any
    value: Any


@dataclass(frozen=True, slots=True)
class Array:
    """Values of one type, with one constructor for all of them.

    Attributes:
        items: The values.
        code: The constructor.
        descriptor: Of every value, None where they are not described.
    """

    items: tuple[Any, ...]
    code: int
    descriptor: Any = None
