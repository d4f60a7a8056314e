"""Regions, as Azure spells them."""

from typing import Any

from localcloud.arm.catalogue.model import ResourceType
from localcloud.arm.errors import bad_request

REGIONS = frozenset(
    {
        "australiacentral",
        "australiaeast",
        "australiasoutheast",
        "austriaeast",
        "belgiumcentral",
        "brazilsouth",
        "canadacentral",
        "canadaeast",
        "centralindia",
        "centralus",
        "chilecentral",
        "denmarkeast",
        "eastasia",
        "eastus",
        "eastus2",
        "francecentral",
        "francesouth",
        "germanynorth",
        "germanywestcentral",
        "indonesiacentral",
        "israelcentral",
        "italynorth",
        "japaneast",
        "japanwest",
        "jioindiawest",
        "koreacentral",
        "koreasouth",
        "malaysiawest",
        "mexicocentral",
        "newzealandnorth",
        "northcentralus",
        "northeurope",
        "norwayeast",
        "norwaywest",
        "polandcentral",
        "qatarcentral",
        "southafricanorth",
        "southcentralus",
        "southeastasia",
        "southindia",
        "spaincentral",
        "swedencentral",
        "switzerlandnorth",
        "uaenorth",
        "uksouth",
        "ukwest",
        "westcentralus",
        "westeurope",
        "westindia",
        "westus",
        "westus2",
        "westus3",
    }
)


def canonical(location: str) -> str:
    """`West Europe` as `westeurope`."""
    return location.replace(" ", "").lower()


def check_location(resource_type: ResourceType, location: Any) -> str:
    """The location in its canonical form.

    Raises:
        ArmError: It is missing, or the type is not available there.
    """
    if not isinstance(location, str) or not location:
        message = "The location property is required for this definition."
        raise bad_request("LocationRequired", message)
    allowed = frozenset(resource_type.locations) or REGIONS
    found = canonical(location)
    if found not in allowed:
        message = (
            f"The provided location '{location}' is not available for resource type"
            f" '{resource_type.name}'. List of available regions for the resource type is"
            f" '{','.join(sorted(allowed))}'."
        )
        raise bad_request("LocationNotAvailableForResourceType", message)
    return found
