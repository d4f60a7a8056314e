"""Azure Resource Manager ids: built and taken apart in one place.

Ids compare without regard to case (Azure changes the casing between its own answers); `same_id`
and `normalized` are how the rest of the house does it.
"""

import re
from typing import Final

LONGEST: Final = 2048
# What no name of a resource holds (learn: azure-resource-manager/management/resource-name-rules),
# and what would lead a path elsewhere.
_SEGMENT: Final = re.compile(r"(?!\.\.?$)(?! )[^/\\?#%<>\x00-\x1f\x7f]+(?<! )")


def subscription_scope(subscription_id: str) -> str:
    """`/subscriptions/{id}`."""
    return f"/subscriptions/{subscription_id}"


def resource_group_id(subscription_id: str, name: str) -> str:
    """`/subscriptions/{id}/resourceGroups/{name}`."""
    return f"{subscription_scope(subscription_id)}/resourceGroups/{name}"


def arm_id(scope: str, resource_type: str, *names: str) -> str:
    """The id of a resource below a scope.

    Args:
        scope: A subscription, resource group or resource id, or `""` for the tenant root.
        resource_type: Such as `Microsoft.Network/virtualNetworks/subnets`.
        *names: One name for each type segment after the provider's.

    Raises:
        ValueError: There are not as many names as type segments.
    """
    provider, *segments = resource_type.split("/")
    if len(segments) != len(names):
        raise ValueError(f"{resource_type} takes {len(segments)} names, not {len(names)}")
    path = "/".join(f"{segment}/{name}" for segment, name in zip(segments, names, strict=True))
    return f"{scope}/providers/{provider}/{path}"


def normalized(resource_id: str) -> str:
    """The id in the form in which two spellings of it are equal."""
    return resource_id.rstrip("/").lower()


def is_legal(resource_id: str) -> bool:
    """Whether a text from outside could be an id; a slash at its end does no harm."""
    start, *segments = resource_id.removesuffix("/").split("/")
    legal = not start and all(_SEGMENT.fullmatch(segment) for segment in segments)
    return legal and len(resource_id) <= LONGEST and resource_id.isprintable()


def same_id(one: str, other: str) -> bool:
    """Whether two ids name the same resource."""
    return normalized(one) == normalized(other)


def resource_type(resource_id: str) -> str:
    """The type of the resource that an id names, in the id's own casing.

    Raises:
        ValueError: The id names no resource.
    """
    segments = [segment for segment in resource_id.split("/") if segment]
    lowered = [segment.lower() for segment in segments]
    if "providers" in lowered:
        last = len(lowered) - 1 - lowered[::-1].index("providers")
        provider, *rest = segments[last + 1 :] or [""]
        if provider and rest and len(rest) % 2 == 0:
            return "/".join([provider, *rest[::2]])
    elif len(segments) == 4 and lowered[2] == "resourcegroups":  # noqa: PLR2004
        return "Microsoft.Resources/resourceGroups"
    elif len(segments) == 2 and lowered[0] == "subscriptions":  # noqa: PLR2004
        return "Microsoft.Resources/subscriptions"
    raise ValueError(f"{resource_id!r} names no resource")
