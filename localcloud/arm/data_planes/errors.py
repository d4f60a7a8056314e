"""Errors as data planes answer them: with a second, narrower code within."""

from http import HTTPStatus
from typing import Any

from localcloud.arm.errors import ArmError


class DataPlaneError(ArmError):
    """A request that is refused.

    Attributes:
        inner: The narrower code; empty where there is none.
    """

    def __init__(self, status: int, code: str, message: str, inner: str = "") -> None:
        super().__init__(status, code, message)
        self.inner = inner

    def as_error(self) -> dict[str, Any]:
        """The inner object of the answer."""
        found = super().as_error()
        return found | {"innererror": {"code": self.inner}} if self.inner else found


def refused(status: int, code: str, message: str, inner: str = "") -> DataPlaneError:
    """An error of any status."""
    return DataPlaneError(status, code, message, inner)


def bad_parameter(message: str, code: str = "BadParameter") -> DataPlaneError:
    """400."""
    return DataPlaneError(HTTPStatus.BAD_REQUEST, code, message)


def nowhere(host: str) -> DataPlaneError:
    """404 for a service that is not there: in Azure its name would not even resolve."""
    message = f"The name '{host}' does not resolve: there is no such service."
    return DataPlaneError(HTTPStatus.NOT_FOUND, "NameNotResolved", message)
