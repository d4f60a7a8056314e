"""Tells people and programs how to use the local cloud that is up."""

import shlex
import time
from pathlib import Path
from typing import Any

from landing_zone.hub import Hub, HubDocument, parse_hub_document
from localcloud.identity.principals import PLATFORM, PRINCIPALS
from localcloud.identity.tokens import Tokens
from localcloud.supervisor.cloud import HUBS, QUEUES, Cloud, app_settings


def description(cloud: Cloud) -> dict[str, Any]:
    """Endpoints, credentials and the hub's ids, for a program that starts the local cloud."""
    document = parse_hub_document(HUBS.read_text(encoding="utf-8"))
    return {
        "ready": True,
        "functions": cloud.functions_url,
        "principals": principals(cloud, document),
        "arm": cloud.arm_url,
        "data": cloud.data_url,
        "eventGrid": cloud.event_grid_url,
        "ca": str(cloud.certificates.ca),
        "identityEndpoint": cloud.identity_endpoint,
        "identityHeader": cloud.identity_header,
        "storage": cloud.storage,
        "serviceBus": cloud.service_bus,
        "hub": hub_ids(document, document.hubs[0]),
        "speed": cloud.speed,
        "state": str(cloud.state),
    }


def principals(cloud: Cloud, document: HubDocument) -> dict[str, Any]:
    """The development principals, each with a token with which the application is called."""
    directory_id = str(document.directory_id)
    tokens = Tokens(cloud.directory("identity"))
    now = time.time()
    return {
        key: {
            "name": one.name,
            "objectId": one.object_id(directory_id),
            "roles": [str(role) for role in one.roles],
            "token": tokens.signed(one.claims(directory_id, now)),
        }
        for key, one in PRINCIPALS.items()
    }


def hub_ids(document: HubDocument, hub: Hub) -> dict[str, Any]:
    """Names and ARM ids of what a test or a script asks about first."""
    groups = document.management_groups
    return {
        "name": hub.name,
        "region": hub.region,
        "directoryId": str(document.directory_id),
        "billingScope": document.billing_scope,
        "subscriptionId": str(hub.subscription_id),
        "resourceGroup": hub.resource_group,
        "resourceGroupId": hub.resource_group_id,
        "networkId": hub.network_id,
        "firewallId": hub.resource_id("Microsoft.Network/azureFirewalls", hub.firewall.name),
        "firewallPolicyId": hub.resource_id(
            "Microsoft.Network/firewallPolicies", hub.firewall.policy
        ),
        "managementGroups": groups.model_dump(by_alias=True),
    }


def environment_file(cloud: Cloud) -> str:
    """Shell assignments with which curl, the SDKs and `func start` reach this local cloud."""
    document = parse_hub_document(HUBS.read_text(encoding="utf-8"))
    values = {
        **app_settings(cloud),
        "SPOKEWRIGHT_URL": cloud.functions_url,
        "SPOKEWRIGHT_TOKEN": principals(cloud, document)[PLATFORM]["token"],
    }
    lines = [f"export {name}={shlex.quote(value)}" for name, value in values.items()]
    return "\n".join(["# How to reach this local cloud: `. FILE` in a shell.", *lines, ""])


def banner(cloud: Cloud, root: Path) -> str:
    """What a person reads when everything is up."""
    state = cloud.state.relative_to(root) if cloud.state.is_relative_to(root) else cloud.state
    settings = shlex.quote(f"{state if state.is_absolute() else f'./{state}'}/cloud.env")
    ports = cloud.ports
    storage = f"ports {ports.blob} (blob), {ports.queue} (queue), {ports.table} (table)"
    return f"""
The local cloud is up; its operations take 1/{cloud.speed:g} of Azure's time.

  Functions host    {cloud.functions_url}/api
  Resource Manager  {cloud.arm_url}
  Data planes       {cloud.data_url} (/vaults/NAME, /search/NAME)
  Event Grid        {cloud.event_grid_url}/_local/events
  Identity          {cloud.identity_endpoint}
  Storage           {storage}
  Service Bus       port {ports.service_bus} (AMQP; queues of localcloud/{QUEUES.name})
  State and logs    {state}

Try it in another terminal:
  . {settings}
  curl -H "Authorization: Bearer $SPOKEWRIGHT_TOKEN" $SPOKEWRIGHT_URL/api/tenants
  curl --cacert "$SSL_CERT_FILE" $SPOKEWRIGHT_ARM_ENDPOINT/_local/resources

{_functions(cloud)}
Ctrl-C ends all of it.
"""


def _functions(cloud: Cloud) -> str:
    """The HTTP functions and their URLs, as the host listed them at its last start."""
    log = cloud.state / "logs" / "functions.log"
    listed = log.read_text(encoding="utf-8", errors="replace") if log.exists() else ""
    lines = [
        f"  {line.strip()}"
        for line in listed.rpartition("\nFunctions:")[2].splitlines()
        if line.startswith("\t") and "http" in line
    ]
    return "\n".join(["Functions:", *lines, ""]) if lines else ""
