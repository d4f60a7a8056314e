"""The names of the rules, which stand in findings, policies and exemptions."""

from enum import StrEnum
from typing import Final


class RuleName(StrEnum):
    """A rule of remediation."""

    REQUIRED_TAGS = "required-tags"
    PUBLIC_NETWORK_ACCESS = "public-network-access"
    STORAGE_SECURITY = "storage-security"
    PUBLIC_IP = "public-ip"
    INTERNET_INBOUND = "internet-inbound"
    FOREIGN_PEERING = "foreign-peering"
    FORCED_TUNNELLING = "forced-tunnelling"
    PRIVATE_ENDPOINT_DNS = "private-endpoint-dns"
    HUB_DRIFT = "hub-drift"
    MONITORING = "monitoring"
    CROSS_TENANT_ROLE = "cross-tenant-role"
    SUSPENSION = "suspension"
    MISSING_RESOURCE = "missing-resource"


RULE_NAMES: Final = tuple(str(name) for name in RuleName)
