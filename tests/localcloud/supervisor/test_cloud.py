"""What the parts of the local cloud are started with."""

import shlex
from pathlib import Path

import pytest
from azure.servicebus import parse_connection_string

from landing_zone.hub import parse_hub_document
from landing_zone.settings import settings_from
from localcloud.azurite import connection_string
from localcloud.certificates import Certificates
from localcloud.identity.principals import AUDIENCE, PRINCIPALS
from localcloud.identity.tokens import Tokens
from localcloud.supervisor.cloud import (
    HUBS,
    ROOT,
    Cloud,
    app_settings,
    base_environment,
    scaled_waits,
    services,
)
from localcloud.supervisor.describe import banner, description, environment_file, hub_ids
from localcloud.supervisor.ports import Ports


@pytest.fixture
def cloud(tmp_path: Path) -> Cloud:
    """A local cloud at offset 100."""
    return Cloud(
        state=tmp_path,
        ports=Ports.at_offset(100),
        speed=20,
        certificates=Certificates(ca=tmp_path / "ca.pem", server=tmp_path / "server.pem"),
        identity_header="header",
        bus_key="a+key=",
    )


def test_the_developers_own_azure_stays_outside() -> None:
    """Neither a login nor an app setting of the shell reaches the parts."""
    shell = {
        "AZURE_CLIENT_ID": "x",
        "IDENTITY_HEADER": "x",
        "AzureWebJobsStorage": "x",
        "WEBSITE_AUTH_ENABLED": "x",
        "SPOKEWRIGHT_VAULT_ENDPOINT": "x",
        "SPOKEWRIGHT_SEARCH_SCOPE": "x",
        "SPOKEWRIGHT_SERVICE_BUS": "x",
        "HOME": "/h",
    }
    assert base_environment(shell) == {
        "HOME": "/h",
        "NO_PROXY": "localhost,127.0.0.1",
        "no_proxy": "localhost,127.0.0.1",
    }


def test_the_application_takes_the_local_data_planes_for_azures(cloud: Cloud) -> None:
    """By templates that its own settings accept; tokens have Azure's audiences."""
    found = settings_from(app_settings(cloud))
    assert found.vault_endpoint == "https://localhost:8802/vaults/{name}"
    assert found.search_endpoint == "https://localhost:8802/search/{name}"
    assert (found.vault_scope, found.search_scope) == (
        "https://vault.azure.net/.default",
        "https://search.azure.com/.default",
    )
    assert description(cloud)["data"] == "https://localhost:8802"


def test_a_proxy_is_not_asked_for_this_machine() -> None:
    """The caller's own exceptions remain."""
    assert base_environment({"NO_PROXY": "corp"})["NO_PROXY"] == "corp,localhost,127.0.0.1"


def test_the_functions_host_starts_last_and_alone_gets_the_settings(cloud: Cloud) -> None:
    """The others need nothing of the application."""
    parts = {service.name: service for service in services(cloud, {})}
    assert set(parts["functions"].after) == {*("azurite", "service_bus", "identity", "arm")}
    assert parts["event_grid"].after == ("arm",)
    assert parts["functions"].environment.items() >= app_settings(cloud).items()
    for name in parts["functions"].after:
        assert "SPOKEWRIGHT_HUBS" not in parts[name].environment
        assert "SPOKEWRIGHT_SERVICE_BUS" not in parts[name].environment


def test_every_part_listens_on_its_moved_port_only(cloud: Cloud) -> None:
    """No command line holds a default port."""
    words = [word for service in services(cloud, {}) for word in service.command]
    assert {str(port) for port in cloud.ports.by_name().values()} <= set(words)
    assert not {str(port) for port in Ports().by_name().values()} & set(words)


def test_a_program_is_told_all_it_needs(cloud: Cloud) -> None:
    """The keys of the ready line."""
    told = description(cloud)
    assert told["ready"] is True
    assert told["functions"] == "http://127.0.0.1:7171"
    assert {key for key, one in told["principals"].items() if "Operator" in one["roles"]} == {
        "platform",
        "operator",
    }
    assert len({one["objectId"] for one in told["principals"].values()}) == len(PRINCIPALS)
    assert told["arm"] == "https://localhost:8800"
    assert told["identityEndpoint"] == "http://127.0.0.1:8801/msi/token"
    assert told["identityHeader"] == "header"
    assert told["eventGrid"] == "http://127.0.0.1:8803"
    assert told["ca"] == str(cloud.certificates.ca)
    assert told["storage"] == connection_string(cloud.ports)
    assert told["serviceBus"] == app_settings(cloud)["SPOKEWRIGHT_SERVICE_BUS"]


def test_service_bus_is_reached_by_a_connection_string_of_the_emulators_kind(cloud: Cloud) -> None:
    """The SDK keeps the port and speaks without TLS; no command line has the key."""
    parsed = parse_connection_string(cloud.service_bus)
    assert parsed.fully_qualified_namespace == "127.0.0.1:5772"
    assert parsed.shared_access_key == "a+key="
    assert "UseDevelopmentEmulator=true" in cloud.service_bus
    assert "a+key=" not in str([service.command for service in services(cloud, {})])


def test_the_hubs_ids_are_those_of_its_document() -> None:
    """They are derived, not repeated."""
    document = parse_hub_document(HUBS.read_text(encoding="utf-8"))
    hub = document.hubs[0]
    ids = hub_ids(document, hub)
    assert ids["networkId"] == hub.network_id
    assert ids["firewallId"].startswith(hub.resource_group_id)
    assert ids["firewallPolicyId"].endswith(f"firewallPolicies/{hub.firewall.policy}")


def test_the_environment_file_quotes_for_the_shell(cloud: Cloud) -> None:
    """Any value can be sourced, the token of who may do what the examples do among them."""
    lines = environment_file(cloud).splitlines()
    read = dict(shlex.split(line)[1].split("=", 1) for line in lines if line.startswith("export "))
    assert read["SPOKEWRIGHT_SERVICE_BUS"] == cloud.service_bus
    claims = Tokens(cloud.directory("identity")).verify(
        read["SPOKEWRIGHT_TOKEN"], (AUDIENCE,), description(cloud)["hub"]["directoryId"]
    )
    assert claims["roles"] == ["Operator", "Requester"]


def test_the_banner_lists_the_functions_of_the_last_start(cloud: Cloud) -> None:
    """As the host listed them: those with a URL."""
    cloud.directory("logs")
    (cloud.state / "logs" / "functions.log").write_text(
        "\nFunctions:\n\n\told: http://x/api/old\n\nINFO stopped\n"
        "\nFunctions:\n\n\ttenants: [GET] http://x/api/tenants\n\tbegin: activityTrigger\n\n",
        encoding="utf-8",
    )
    assert "Functions:\n  tenants: [GET] http://x/api/tenants\n\nCtrl-C" in banner(cloud, ROOT)


def test_the_banner_shows_urls_but_no_secret(cloud: Cloud) -> None:
    """What is on a screen is often shared."""
    text = banner(cloud, ROOT)
    assert "http://127.0.0.1:7171/api" in text
    assert "port 5772 (AMQP" in text
    assert "eyJ" not in text
    assert "a+key=" not in text


def test_the_applications_quotas_are_as_much_faster_as_azure_is() -> None:
    """Or else it would keep a pace that the local cloud does not ask for."""
    found = scaled_waits(20)
    assert found["SPOKEWRIGHT_PACE_READS_PER_SECOND"] == "500"
    assert found["SPOKEWRIGHT_PACE_WRITES_PER_SECOND"] == "200"
    assert found["SPOKEWRIGHT_PACE_DELETES_PER_SECOND"] == "200"
    assert found["SPOKEWRIGHT_PACE_HOLD_SECONDS"] == "0.1"
