"""The few message classes that the worker library asks its caller for.

Azure's own worker hands in protobuf classes. The library only builds them by keyword and reads
attributes and ``WhichOneof``, so plain objects serve and cost nothing.
"""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any


class Message:
    """A message whose fields are whatever it was built with."""

    def __init__(self, **fields: Any) -> None:
        self.__dict__.update(fields)

    def __getattr__(self, name: str) -> Any:
        """Answer None for an optional field that was not set, as protobuf does."""
        if name.startswith("__"):
            raise AttributeError(name)
        return None


class TypedData(Message):
    """One value and its kind: string, json, bytes, int, double or http."""

    def __getattr__(self, name: str) -> Any:
        """Refuse a kind that is not set: the library probes with AttributeError."""
        raise AttributeError(name)

    def WhichOneof(self, _group: str) -> str | None:  # noqa: N802 - protobuf's name
        """Name the kind that is set."""
        return next((kind for kind, value in self.__dict__.items() if value is not None), None)


class ParameterBinding(Message):
    """A named value of an invocation."""

    def WhichOneof(self, _group: str) -> str:  # noqa: N802 - protobuf's name
        """Tell that the value travels in the message, not in shared memory."""
        return "data"


class BindingInfo(Message):
    """A binding of a function, with the library's direction and data type constants."""

    inout = 2
    out = 1
    undefined = 0


class StatusResult(Message):
    """The outcome of a request."""

    Success = 1
    Failure = 0


class RpcException(Message):
    """An exception as text: ``message`` and ``stack_trace``."""


class RpcHttpCookie(Message):
    """A cookie of an HTTP response."""

    SameSite = SimpleNamespace(
        **{"None": None, "Lax": "Lax", "Strict": "Strict"}, ExplicitNone="None"
    )


PROTOS = SimpleNamespace(
    TypedData=TypedData,
    ParameterBinding=ParameterBinding,
    BindingInfo=BindingInfo,
    StatusResult=StatusResult,
    RpcException=RpcException,
    RpcHttp=Message,
    RpcHttpCookie=RpcHttpCookie,
    NullableString=Message,
    NullableBool=Message,
    NullableDouble=Message,
    NullableTimestamp=Message,
    RpcFunctionMetadata=Message,
    RpcRetryOptions=Message,
    FunctionMetadataResponse=Message,
    FunctionLoadResponse=Message,
    WorkerInitResponse=Message,
    WorkerMetadata=Message,
    InvocationResponse=Message,
)
