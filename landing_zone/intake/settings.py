"""Where Service Bus is, and the pace of the intake."""

from dataclasses import dataclass, field
from typing import Final

from pydantic import BaseModel, ConfigDict, Field

CONNECTION: Final = "SPOKEWRIGHT_SERVICE_BUS"
NAMESPACE: Final = "SPOKEWRIGHT_SERVICE_BUS__fullyQualifiedNamespace"
"""The names are those by which the Functions host finds a connection by identity. Source:
https://learn.microsoft.com/azure/azure-functions/functions-bindings-service-bus#identity-based-connections
"""


@dataclass(frozen=True)
class ServiceBusAddress:
    """Where Service Bus is.

    Attributes:
        connection: Connection string of the namespace; empty where its name is used.
        namespace: Host name of the namespace; empty where the connection string is used.
    """

    connection: str = field(default="", repr=False)
    namespace: str = ""


class IntakeSettings(BaseModel):
    """When a message that could not be handled yet comes again.

    Attributes:
        return_seconds: Wait before its first return to the queue; doubles from there.
        return_most_seconds: The longest such wait.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    return_seconds: float = Field(default=30.0, gt=0, le=3600)
    return_most_seconds: float = Field(default=600.0, gt=0, le=86_400)
