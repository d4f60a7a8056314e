"""Development principals: people and an application of the local directory, each with its roles.

Their tokens are access tokens for our API as Entra issues them (learn: entra/identity-platform/
access-token-claims-reference): a person's has a subject of its own for each application, an
application's has its object id as subject, `idtyp` app and no scopes.
"""

import uuid
from dataclasses import dataclass
from typing import Any, Final

from landing_zone.access import Role

AUDIENCE: Final = "api://spokewright"
"""The application's identifier URI, for which its tokens are issued."""

LIFETIME: Final = 24 * 3600
"""Seconds; Entra's own last 60 to 90 minutes, which is short for a day at a desk."""

PLATFORM: Final = "platform"
"""The principal that may do whatever examples and tests do."""

APPROVER: Final = "approver"
"""The principal that approves what others have asked for."""

_SPACE: Final = uuid.UUID("0d2f6f1e-1f0b-4a55-8a38-6e9c0c1c7b11")


@dataclass(frozen=True, slots=True)
class DevelopmentPrincipal:
    """Someone who signs in to the local cloud.

    Attributes:
        key: What one asks for it by.
        name: Its display name.
        roles: Its app roles.
        is_app: Whether it is an application.
    """

    key: str
    name: str
    roles: tuple[Role, ...]
    is_app: bool = False

    def object_id(self, directory_id: str) -> str:
        """Its object id in a directory: the same one at each start."""
        return str(uuid.uuid5(_SPACE, f"{directory_id}/{self.key}"))

    def claims(self, directory_id: str, now: float, lifetime: int = LIFETIME) -> dict[str, Any]:
        """The claims of an access token that is issued now, in seconds since the epoch."""
        own = self.object_id(directory_id)
        common = {
            "aud": AUDIENCE,
            "iss": f"https://sts.windows.net/{directory_id}/",
            "iat": int(now),
            "nbf": int(now),
            "exp": int(now) + lifetime,
            "appid": str(uuid.uuid5(_SPACE, f"{directory_id}/{self.key}/client")),
            "oid": own,
            "tid": directory_id,
            "roles": [str(role) for role in self.roles],
            "ver": "1.0",
        }
        if self.is_app:
            return common | {"sub": own, "idtyp": "app"}
        return common | {
            "sub": uuid.uuid5(_SPACE, f"{directory_id}/{self.key}/{AUDIENCE}").hex,
            "name": self.name,
            "upn": f"{self.key}@spokewright.example",
            "scp": "user_impersonation",
        }


PRINCIPALS: Final = {
    one.key: one
    for one in (
        DevelopmentPrincipal(PLATFORM, "Pat Platform", (Role.OPERATOR, Role.REQUESTER)),
        DevelopmentPrincipal("requester", "Rita Requester", (Role.REQUESTER,)),
        DevelopmentPrincipal("other-requester", "Otto Other", (Role.REQUESTER,)),
        DevelopmentPrincipal(APPROVER, "Ava Approver", (Role.APPROVER,)),
        DevelopmentPrincipal("operator", "Oli Operator", (Role.OPERATOR,)),
        DevelopmentPrincipal("reader", "Remy Reader", (Role.READER,)),
        DevelopmentPrincipal("pipeline", "A pipeline", (Role.REQUESTER,), is_app=True),
        DevelopmentPrincipal("nobody", "Nora Nobody", ()),
    )
}
