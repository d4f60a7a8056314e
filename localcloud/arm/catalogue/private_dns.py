"""Microsoft.Network/privateDnsZones: zones, their links to networks, and A records."""

from functools import partial

from localcloud.arm.behaviours import private_dns
from localcloud.arm.catalogue.model import Hooks, Reference, ResourceType, Writing
from localcloud.arm.catalogue.network import VNET

_MODELS = "azure.mgmt.privatedns.models"
ZONE = "Microsoft.Network/privateDnsZones"
LINK = f"{ZONE}/virtualNetworkLinks"

_dns = partial(ResourceType, versions=("2020-06-01", "2024-06-01"), etag=True)

TYPES = (
    _dns(
        ZONE,
        model=f"{_MODELS}:PrivateZone",
        patch=f"{_MODELS}:PrivateZone",
        write=Writing.ACCEPTED,
        delete=Writing.ACCEPTED,
        tracked=True,
        locations=("global",),
        name_pattern=r"([A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?\.){1,33}[A-Za-z][A-Za-z0-9-]{1,61}",
        provisioning=True,
        lock=ZONE,
        in_use="PrivateDnsZoneInUse",
        blocked_by=(LINK,),
        hooks=Hooks(
            prepare=private_dns.prepare_zone,
            render=private_dns.render_zone,
        ),
    ),
    _dns(
        LINK,
        model=f"{_MODELS}:VirtualNetworkLink",
        patch=f"{_MODELS}:VirtualNetworkLink",
        write=Writing.ACCEPTED,
        delete=Writing.ACCEPTED,
        tracked=True,
        locations=("global",),
        provisioning=True,
        defaults={"properties": {"registrationEnabled": False}},
        references=(Reference("properties.virtualNetwork.id", VNET, waits=False),),
        lock=ZONE,
        hooks=Hooks(
            check=private_dns.check_link,
            prepare=private_dns.prepare_link,
            written=private_dns.link_written,
        ),
    ),
    _dns(
        f"{ZONE}/A",
        model=f"{_MODELS}:RecordSet",
        name_pattern=r"@|\*|(\*\.)?[A-Za-z0-9_]([A-Za-z0-9_.-]{0,251}[A-Za-z0-9_])?",
        hooks=Hooks(check=private_dns.check_record, prepare=private_dns.prepare_record),
    ),
)
