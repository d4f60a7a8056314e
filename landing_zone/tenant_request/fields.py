"""The kinds of values in a tenant request.

The bounds are Azure's where the value becomes part of an Azure name, tag or setting, and otherwise
tight enough that no value can break out of an ARM id, a URL, a tag or a CSV cell.
"""

from decimal import Decimal
from typing import Annotated, Final
from uuid import UUID

from landing_zone.tenant_request.currencies import CURRENCIES
from landing_zone.tenant_request.field_rules import Flag, Money, Text, Uuid, Whole

# A host name of at least two labels whose last is not a number, so that no address passes for one.
_LABEL: Final = "[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_TOP_LABEL: Final = "[A-Za-z]([A-Za-z0-9-]{0,61}[A-Za-z0-9])"
_HOST: Final = rf"({_LABEL}\.)+{_TOP_LABEL}"
# Segments of a path that cannot climb: a dot is never followed by a dot at a segment's start.
_SEGMENT: Final = r"\.?[A-Za-z0-9_-][A-Za-z0-9._-]*"
_BRANCH_SEGMENT: Final = r"[A-Za-z0-9_][A-Za-z0-9_-]*(\.[A-Za-z0-9_-]+)*"
# What a name for people may not hold: markup, quoting, and what a shell or a CSV cell would act on.
_UNTIDY: Final = r'<>%&?/;|\\"`{}$'

TenantId = Annotated[
    str,
    Text(
        what="a tenant id",
        pattern="^[a-z0-9][a-z0-9-]*[a-z0-9]$",
        minimum=3,
        maximum=20,
        allowed="3 to 20 of a-z, 0-9 and '-', with a letter or digit at both ends",
        # https://learn.microsoft.com/azure/azure-resource-manager/templates/error-reserved-resource-name
        refused=("microsoft", "windows"),
    ),
]
DisplayName = Annotated[
    str,
    Text(
        what="a display name",
        pattern=rf"^[^\s{_UNTIDY}=@+-]([^{_UNTIDY}]*[^\s{_UNTIDY}])?$",
        minimum=1,
        maximum=64,
        allowed="1 to 64 letters, digits, spaces and simple punctuation, beginning with a letter "
        "or digit",
    ),
]
Email = Annotated[
    str,
    Text(
        what="an e-mail address",
        pattern=rf"^[A-Za-z0-9_][A-Za-z0-9_'+-]*(\.[A-Za-z0-9_'+-]+)*@{_HOST}$",
        minimum=6,
        maximum=254,
        allowed="an address such as name@contoso.com",
    ),
]
Label = Annotated[
    str,
    Text(
        what="a plain label",
        pattern="^[A-Za-z0-9][A-Za-z0-9._-]*$",
        minimum=1,
        maximum=64,
        allowed="1 to 64 of A-Z, a-z, 0-9, '.', '_' and '-', beginning with a letter or digit",
    ),
]
Region = Annotated[
    str,
    Text(
        what="a region's name",
        pattern="^[a-z][a-z0-9]*$",
        minimum=3,
        maximum=30,
        allowed="a region's short name, such as westeurope",
    ),
]
Fqdn = Annotated[
    str,
    Text(
        what="a host name",
        pattern=rf"^(\*\.)?{_HOST}$",
        minimum=4,
        maximum=253,
        allowed="a host name such as api.contoso.com, or *.contoso.com; no address, port or path",
        lowered=True,
    ),
]
GitUrl = Annotated[
    str,
    Text(
        what="an https URL of a Git repository without credentials",
        pattern=rf"^https://{_HOST}(:[0-9]{{1,5}})?(/{_SEGMENT})+$",
        minimum=12,
        maximum=400,
        allowed="https://host/path, without user name, password, query or fragment",
        private=True,
    ),
]
Branch = Annotated[
    str,
    Text(
        what="a branch",
        pattern=rf"^{_BRANCH_SEGMENT}(/{_BRANCH_SEGMENT})*$",
        minimum=1,
        maximum=200,
        allowed="a branch name such as main or release/1.2",
    ),
]
RepositoryPath = Annotated[
    str,
    Text(
        what="a path within the repository",
        pattern=rf"^(\./|(\./)?{_SEGMENT}(/{_SEGMENT})*/?)$",
        minimum=1,
        maximum=200,
        allowed="a relative path such as ./prod, without '..'",
    ),
]
NodeSize = Annotated[
    str,
    Text(
        what="a virtual machine size",
        pattern="^Standard_[A-Z][A-Za-z0-9-]*(_[A-Za-z0-9]+)*$",
        minimum=11,
        maximum=64,
        allowed="a size such as Standard_D4ds_v5",
    ),
]
Currency = Annotated[
    str,
    Text(
        what="a currency code",
        pattern="^[A-Z]{3}$",
        minimum=3,
        maximum=3,
        allowed="an ISO 4217 code such as EUR",
        known=CURRENCIES,
    ),
]

Group = Annotated[UUID, Uuid()]
SubscriptionId = Annotated[UUID, Uuid()]
Truth = Annotated[bool, Flag()]
PrefixLength = Annotated[int, Whole(22, 27)]
TokensPerMinute = Annotated[int, Whole(1, 100_000_000)]
TokensPerMonth = Annotated[int, Whole(1, 1_000_000_000_000)]
RotationDays = Annotated[int, Whole(1, 365)]
Cpu = Annotated[int, Whole(1, 4_096)]
MemoryGib = Annotated[int, Whole(1, 65_536)]
# https://learn.microsoft.com/azure/aks/quotas-skus-regions: 1,000 nodes a pool.
NodeCount = Annotated[int, Whole(1, 1_000)]
# A budget's notification takes a threshold of up to 1,000 per cent.
AlertPercent = Annotated[int, Whole(1, 1_000)]
MonthlyAmount = Annotated[Decimal, Money(100_000_000)]
