"""Shapes of bodies for which no installed SDK has a model."""

from collections.abc import Mapping

from localcloud.arm.schemas.shapes import Choice, Field, ListOf, ObjectOf, Scalar

_STRING = Scalar("string")


def _object(name: str, fields: Mapping[str, Field]) -> ObjectOf:
    return ObjectOf(name, lambda: fields)


_LOCK = _object(
    "ManagementLockObject",
    {
        "properties": Field(
            _object(
                "ManagementLockProperties",
                {
                    "level": Field(Choice(("CanNotDelete", "ReadOnly")), required=True),
                    "notes": Field(_STRING, bounds=(0, 512)),
                    "owners": Field(
                        ListOf(
                            _object("ManagementLockOwner", {"applicationId": Field(_STRING)}),
                        )
                    ),
                },
            ),
            required=True,
        )
    },
)

DECLARED: Mapping[str, ObjectOf] = {"lock": _LOCK}
