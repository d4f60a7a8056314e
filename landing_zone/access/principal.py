"""Who asks, once the platform has vouched for it."""

from dataclasses import dataclass
from enum import StrEnum

from pydantic import BaseModel, ConfigDict


class PrincipalKind(StrEnum):
    """What a principal is."""

    PERSON = "person"
    APP = "app"


class PrincipalId(BaseModel):
    """Names a principal for ever; display names can be changed by who bears them.

    Attributes:
        directory: Id of its Entra tenant, a GUID in lower case.
        object: Its object id there, a GUID in lower case.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    directory: str
    object: str

    def __str__(self) -> str:
        return f"{self.directory}/{self.object}"


@dataclass(frozen=True, slots=True)
class Principal:
    """A person or an application that has signed in.

    Attributes:
        id: Its ids.
        kind: A person, or an application that acts for itself.
        name: As people know it, printable; for reading only, nothing is decided by it.
        roles: Values of the application's roles that it was given, ours and others.
    """

    id: PrincipalId
    kind: PrincipalKind
    name: str
    roles: frozenset[str]

    @property
    def actor(self) -> str:
        """How records and audit entries name it: `person:OBJECT` or `app:OBJECT`."""
        return f"{self.kind}:{self.id.object}"
