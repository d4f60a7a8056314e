"""Principals as App Service authentication names them in the headers of a request."""

import base64
import json
from collections.abc import Sequence
from typing import Any

from landing_zone.access import PrincipalId, Role
from landing_zone.access.principal import Principal, PrincipalKind
from tests.fakes import HUBS

DIRECTORY = str(HUBS.directory_id)
ANN = "a0000000-0000-4000-8000-00000000000a"
BEN = "b0000000-0000-4000-8000-00000000000b"
OBJECT_ID = "http://schemas.microsoft.com/identity/claims/objectidentifier"
TENANT_ID = "http://schemas.microsoft.com/identity/claims/tenantid"
SUBJECT = "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/nameidentifier"
ROLE = "http://schemas.microsoft.com/ws/2008/06/identity/claims/role"
EVERYTHING = tuple(Role)

type Claims = Sequence[tuple[str, str]]


def claims_of(
    object_id: str = ANN, roles: Sequence[str] = EVERYTHING, directory: str = DIRECTORY
) -> list[tuple[str, str]]:
    """The claims of a person."""
    return [
        (OBJECT_ID, object_id),
        (TENANT_ID, directory),
        (SUBJECT, f"subject-of-{object_id}"),
        ("name", "Ann"),
        *(("roles", str(role)) for role in roles),
    ]


def document_of(claims: Claims, **changes: Any) -> dict[str, Any]:
    """The document that holds some claims."""
    found = {
        "auth_typ": "aad",
        "claims": [{"typ": kind, "val": value} for kind, value in claims],
        "name_typ": "name",
        "role_typ": ROLE,
    }
    return found | changes


def header_of(document: Any) -> str:
    """A document, or any text, as the header has it."""
    text = document if isinstance(document, str) else json.dumps(document)
    return base64.b64encode(text.encode()).decode()


def headers_of(
    object_id: str = ANN, roles: Sequence[str] = EVERYTHING, directory: str = DIRECTORY
) -> dict[str, str]:
    """The headers of a person; by default of one who may do everything."""
    return {
        "X-MS-CLIENT-PRINCIPAL": header_of(document_of(claims_of(object_id, roles, directory))),
        "X-MS-CLIENT-PRINCIPAL-ID": object_id,
        "X-MS-CLIENT-PRINCIPAL-NAME": "Ann",
        "X-MS-CLIENT-PRINCIPAL-IDP": "aad",
    }


def principal_of(object_id: str = ANN, roles: Sequence[str] = EVERYTHING) -> Principal:
    """The person whom those headers name."""
    return Principal(
        id=PrincipalId(directory=DIRECTORY, object=object_id),
        kind=PrincipalKind.PERSON,
        name="Ann",
        roles=frozenset(map(str, roles)),
    )


ACTOR = principal_of().actor
OWNER = principal_of().id
