"""How one value of a tenant request is checked, and what a person is told when it is wrong.

Each rule is attached to a field with `Annotated`. Its check and its words stand side by side: a
value that does not fit raises a pydantic error that carries the finished message and what is
allowed. The JSON Schema still shows the plain bounds and patterns.
"""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

from pydantic import GetCoreSchemaHandler, ValidationError, ValidatorFunctionWrapHandler
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from landing_zone.tenant_request.wording import described, quoted

FAULT = "fault"
UUID_FORM = r"^[0-9a-fA-F]{8}-([0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}$"


def fault(message: str, allowed: str) -> PydanticCustomError:
    """The pydantic error that carries a message and what is allowed."""
    return PydanticCustomError(FAULT, "{message}", {"message": message, "allowed": allowed})


@dataclass(frozen=True, slots=True)
class Text:
    """Text of a kind: bounded in length, and in what it may be made of.

    Attributes:
        what: What the value is, with its article ("a tenant id").
        pattern: Regular expression, in the part of the syntax that Rust, Python and ECMA share.
        minimum: Fewest characters.
        maximum: Most characters.
        allowed: The same for a person.
        lowered: Whether the value is kept in lower case, as names of hosts are.
        private: Whether the value may hold a secret, and is never repeated.
        refused: Parts that the value may not contain, in lower case.
        known: The only values there are; empty where the pattern says it all.
    """

    what: str
    pattern: str
    minimum: int
    maximum: int
    allowed: str
    lowered: bool = False
    private: bool = False
    refused: tuple[str, ...] = ()
    known: frozenset[str] = frozenset()

    def __get_pydantic_core_schema__(self, _: Any, __: GetCoreSchemaHandler) -> CoreSchema:
        """The schema: bounded text, with our words around it."""
        return core_schema.no_info_wrap_validator_function(
            self._check,
            core_schema.str_schema(
                pattern=self.pattern, min_length=self.minimum, max_length=self.maximum
            ),
        )

    def _check(self, value: object, inner: ValidatorFunctionWrapHandler) -> str:
        if not isinstance(value, str):
            quotes = "; put it in quotes" if isinstance(value, int | float) else ""
            raise fault(f"must be text, not {described(value)}{quotes}", self.allowed)
        try:
            text = str(inner(value))
        except ValidationError as error:
            raise fault(self._reason(value), self.allowed) from error
        if not text.isprintable():
            raise fault("holds a character that cannot be seen", self.allowed)
        for part in self.refused:
            if part in text.lower():
                raise fault(f"may not contain {part!r}, which Azure reserves", self.allowed)
        if self.known and text not in self.known:
            raise fault(f"{quoted(text)} is not {self.what}", self.allowed)
        return text.lower() if self.lowered else text

    def _reason(self, value: str) -> str:
        if not value:
            return "is empty"
        if not self.minimum <= len(value) <= self.maximum:
            return f"is {len(value)} character{'s' if len(value) > 1 else ''} long"
        if self.private:
            return f"is not {self.what}"
        return f"{quoted(value)} is not {self.what}"


@dataclass(frozen=True, slots=True)
class Whole:
    """A whole number within bounds, both included."""

    least: int
    most: int

    def __get_pydantic_core_schema__(self, _: Any, __: GetCoreSchemaHandler) -> CoreSchema:
        """The schema: a strict bounded integer, with our words around it."""
        return core_schema.no_info_wrap_validator_function(
            self._check, core_schema.int_schema(strict=True, ge=self.least, le=self.most)
        )

    @property
    def allowed(self) -> str:
        """The bounds, for a person."""
        return f"{self.least} to {self.most}"

    def _check(self, value: object, inner: ValidatorFunctionWrapHandler) -> int:
        if not isinstance(value, int) or isinstance(value, bool):
            raise fault(f"must be a whole number, not {described(value)}", self.allowed)
        try:
            return int(inner(value))
        except ValidationError as error:
            raise fault(f"{quoted(value)} is out of range", self.allowed) from error


class Flag:
    """`true` or `false`, and nothing that merely looks like it."""

    def __get_pydantic_core_schema__(self, _: Any, __: GetCoreSchemaHandler) -> CoreSchema:
        """The schema: a strict boolean, with our words around it."""
        return core_schema.no_info_wrap_validator_function(
            self._check, core_schema.bool_schema(strict=True)
        )

    def _check(self, value: object, inner: ValidatorFunctionWrapHandler) -> bool:
        if not isinstance(value, bool):
            raise fault(f"must be true or false, not {described(value)}", "true or false")
        return bool(inner(value))


class Uuid:
    """A UUID in its usual form, as Azure and Entra write ids; the nil one names nothing."""

    allowed = "a UUID such as 11111111-1111-1111-1111-111111111111"

    def __get_pydantic_core_schema__(self, _: Any, __: GetCoreSchemaHandler) -> CoreSchema:
        """The schema: text in the one form of a UUID, made a UUID; a UUID passes."""
        text = core_schema.no_info_after_validator_function(
            UUID, core_schema.str_schema(pattern=UUID_FORM)
        )
        return core_schema.no_info_wrap_validator_function(
            self._check,
            text,
            serialization=core_schema.to_string_ser_schema(),
        )

    def _check(self, value: object, inner: ValidatorFunctionWrapHandler) -> UUID:
        if not isinstance(value, str | UUID):
            raise fault(f"must be a UUID as text, not {described(value)}", self.allowed)
        try:
            found = UUID(str(inner(str(value))))
        except ValidationError as error:
            raise fault(f"{quoted(str(value))} is not a UUID", self.allowed) from error
        if not found.int:
            raise fault("is the nil UUID, which names nothing", self.allowed)
        return found


@dataclass(frozen=True, slots=True)
class Money:
    """An amount above zero with at most two decimals, kept exact."""

    most: int

    def __get_pydantic_core_schema__(self, _: Any, __: GetCoreSchemaHandler) -> CoreSchema:
        """The schema: a number in documents, a Decimal in the model."""
        return core_schema.no_info_wrap_validator_function(
            self._check,
            core_schema.float_schema(gt=0, le=self.most),
            serialization=core_schema.plain_serializer_function_ser_schema(
                plain_number, when_used="json"
            ),
        )

    @property
    def allowed(self) -> str:
        """The bounds, for a person."""
        return f"more than 0, at most {self.most}, with at most two decimals"

    def _check(self, value: object, _: ValidatorFunctionWrapHandler) -> Decimal:
        if not isinstance(value, int | float | Decimal) or isinstance(value, bool):
            raise fault(f"must be a number, not {described(value)}", self.allowed)
        # repr of a float is the shortest text that reads back as the same float: what was written.
        amount = value if isinstance(value, int | Decimal) else Decimal(repr(value))
        if isinstance(amount, Decimal) and not amount.is_finite():
            raise fault("must be a finite number", self.allowed)
        if not 0 < amount <= self.most:
            raise fault(f"{quoted(value)} is out of range", self.allowed)
        exact = Decimal(amount)
        if exact != round(exact, 2):
            raise fault(f"{quoted(value)} has more than two decimals", self.allowed)
        return round(exact, 2)


def plain_number(amount: Decimal) -> int | float:
    """The amount as JSON has it: whole where it is whole."""
    return int(amount) if amount == int(amount) else float(amount)
