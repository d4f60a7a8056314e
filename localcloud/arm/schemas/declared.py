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


def _category(name: str) -> ObjectOf:
    return _object(
        name,
        {
            "category": Field(_STRING),
            "categoryGroup": Field(_STRING),
            "enabled": Field(Scalar("boolean"), required=True),
            "timeGrain": Field(_STRING),
            "retentionPolicy": Field(
                _object(
                    "RetentionPolicy",
                    {
                        "enabled": Field(Scalar("boolean"), required=True),
                        "days": Field(Scalar("integer"), required=True, bounds=(0, None)),
                    },
                )
            ),
        },
    )


_DIAGNOSTIC_SETTING = _object(
    "DiagnosticSettingsResource",
    {
        "properties": Field(
            _object(
                "DiagnosticSettings",
                {
                    "workspaceId": Field(_STRING),
                    "storageAccountId": Field(_STRING),
                    "eventHubAuthorizationRuleId": Field(_STRING),
                    "eventHubName": Field(_STRING),
                    "marketplacePartnerId": Field(_STRING),
                    "logAnalyticsDestinationType": Field(_STRING),
                    "logs": Field(ListOf(_category("LogSettings"))),
                    "metrics": Field(ListOf(_category("MetricSettings"))),
                },
            ),
            required=True,
        )
    },
)

DECLARED: Mapping[str, ObjectOf] = {
    "lock": _LOCK,
    "diagnosticSetting": _DIAGNOSTIC_SETTING,
}
