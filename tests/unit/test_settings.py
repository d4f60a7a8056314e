"""Settings: read from an environment, every fault named, no secret shown."""

import traceback
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from landing_zone.errors import ConfigurationError
from landing_zone.retries import RetryPolicy
from landing_zone.settings import settings_from

KEY = "c2VjcmV0LXNlY3JldC1zZWNyZXQ="
CONNECTION = f"DefaultEndpointsProtocol=https;AccountName=a;AccountKey={KEY}"
LEAST = {"SPOKEWRIGHT_HUBS": "/etc/hubs.yaml", "AzureWebJobsStorage": CONNECTION}
FAULTS = {
    "SPOKEWRIGHT_HUBS": "",
    "SPOKEWRIGHT_ARM_ENDPOINT": "http://management.azure.com",
    "SPOKEWRIGHT_PREFIX": "Not-A-Prefix",
    "SPOKEWRIGHT_VAULT_ENDPOINT": "https://vault.example",
    "SPOKEWRIGHT_SEARCH_ENDPOINT": "https://{name}.search.example/{name}",
    "SPOKEWRIGHT_RETRY_BASE_SECONDS": "-47.5",
    "SPOKEWRIGHT_RETRY_MAX_ATTEMPTS": "many",
    "SPOKEWRIGHT_RETRY_TYPO": "1",
}


def refused(environment: dict[str, str]) -> ConfigurationError:
    """What an environment is refused with."""
    with pytest.raises(ConfigurationError) as caught:
        settings_from(environment)
    return caught.value


def test_least_environment_has_azures_own_endpoint_and_the_defaults() -> None:
    """Nothing else needs to be set."""
    found = settings_from(LEAST)
    assert found.hubs == Path("/etc/hubs.yaml")
    assert found.arm_endpoint == "https://management.azure.com"
    assert found.arm_scope == "https://management.azure.com/.default"
    assert found.vault_endpoint == "https://{name}.vault.azure.net"
    assert found.vault_scope == "https://vault.azure.net/.default"
    assert found.search_endpoint == "https://{name}.search.windows.net"
    assert found.search_scope == "https://search.azure.com/.default"
    assert (found.storage_connection, found.prefix) == (CONNECTION, "spokewright")
    assert found.retry == RetryPolicy()


def test_service_bus_is_named_either_way() -> None:
    """And its key is not shown."""
    found = settings_from(
        LEAST
        | {
            "SPOKEWRIGHT_SERVICE_BUS": "Endpoint=sb://x/;SharedAccessKey=c2VjcmV0",
            "SPOKEWRIGHT_SERVICE_BUS__fullyQualifiedNamespace": "x.servicebus.windows.net",
            "SPOKEWRIGHT_INTAKE_RETURN_SECONDS": "3",
            "SPOKEWRIGHT_INTAKE_RETURN_MOST_SECONDS": "9",
        }
    )
    assert found.service_bus == "Endpoint=sb://x/;SharedAccessKey=c2VjcmV0"
    assert found.service_bus_namespace == "x.servicebus.windows.net"
    assert "c2VjcmV0" not in repr(found)
    assert (found.intake.return_seconds, found.intake.return_most_seconds) == (3, 9)


def test_every_variable_has_its_place() -> None:
    """As the table in the documentation says."""
    found = settings_from(
        LEAST
        | {
            "SPOKEWRIGHT_ARM_ENDPOINT": "https://arm.example:8700/",
            "SPOKEWRIGHT_ARM_SCOPE": "https://scope/.default",
            "SPOKEWRIGHT_VAULT_ENDPOINT": "https://data.example:8702/vaults/{name}/",
            "SPOKEWRIGHT_VAULT_SCOPE": "https://vaults/.default",
            "SPOKEWRIGHT_SEARCH_ENDPOINT": "https://{name}.search.example",
            "SPOKEWRIGHT_SEARCH_SCOPE": "https://searches/.default",
            "SPOKEWRIGHT_TABLE_SERVICE": "https://a.table.example/",
            "SPOKEWRIGHT_BLOB_SERVICE": "https://a.blob.example",
            "SPOKEWRIGHT_PREFIX": "other",
            "AZURE_CLIENT_ID": "client",
            "SPOKEWRIGHT_RETRY_BASE_SECONDS": "0.5",
            "SPOKEWRIGHT_RETRY_CAP_SECONDS": "9",
            "SPOKEWRIGHT_RETRY_MAX_ATTEMPTS": "7",
            "SPOKEWRIGHT_RETRY_DEADLINE_SECONDS": "60",
            "SPOKEWRIGHT_RETRY_POLL_SECONDS": "1",
            "SPOKEWRIGHT_RETRY_MAX_FAILED_OPERATIONS": "2",
        }
    )
    assert (found.arm_endpoint, found.arm_scope) == (
        "https://arm.example:8700",
        "https://scope/.default",
    )
    assert (found.table_service, found.blob_service) == (
        "https://a.table.example",
        "https://a.blob.example",
    )
    assert (found.vault_endpoint, found.vault_scope) == (
        "https://data.example:8702/vaults/{name}",
        "https://vaults/.default",
    )
    assert (found.search_endpoint, found.search_scope) == (
        "https://{name}.search.example",
        "https://searches/.default",
    )
    assert (found.prefix, found.client_id) == ("other", "client")
    assert found.retry == RetryPolicy(
        base_seconds=0.5,
        cap_seconds=9,
        max_attempts=7,
        deadline_seconds=60,
        poll_seconds=1,
        max_failed_operations=2,
    )


@pytest.mark.parametrize(("variable", "value"), FAULTS.items())
def test_wrong_setting_is_named_as_the_operator_knows_it(variable: str, value: str) -> None:
    """By its variable; the value is not repeated."""
    error = refused(LEAST | {variable: value})
    assert variable in str(error)
    assert not value or value not in str(error).replace(variable, "")


def test_all_wrong_settings_are_named_at_once() -> None:
    """One restart mends them all."""
    assert all(variable in str(refused(LEAST | FAULTS)) for variable in FAULTS)


@pytest.mark.parametrize(
    "half",
    [{}, {"SPOKEWRIGHT_TABLE_SERVICE": "https://t"}, {"SPOKEWRIGHT_BLOB_SERVICE": "https://b"}],
)
def test_storage_is_needed_whole(half: dict[str, str]) -> None:
    """Both URLs, or a connection string."""
    message = str(refused({"SPOKEWRIGHT_HUBS": "hubs.yaml"} | half))
    assert "AzureWebJobsStorage" in message
    assert "SPOKEWRIGHT_TABLE_SERVICE" in message


def test_storage_by_identity_needs_no_connection_string() -> None:
    """Managed identity reaches both URLs."""
    urls = {"SPOKEWRIGHT_TABLE_SERVICE": "https://t", "SPOKEWRIGHT_BLOB_SERVICE": "https://b"}
    assert settings_from({"SPOKEWRIGHT_HUBS": "hubs.yaml"} | urls).storage_connection == ""


def test_repr_shows_no_secret() -> None:
    """Logs and stack traces print settings."""
    found = settings_from(LEAST)
    assert KEY not in f"{found!r}{found}"


@given(st.sets(st.sampled_from(sorted(FAULTS)), min_size=1))
@settings(max_examples=30)
def test_no_error_shows_any_part_of_a_secret(wrong: set[str]) -> None:
    """Not even in the chain of causes, which is what a log prints."""
    error = refused(LEAST | {variable: FAULTS[variable] for variable in wrong})
    shown = "".join(traceback.format_exception(error)) + repr(error) + repr(error.__cause__)
    pieces = {CONNECTION[start : start + 6] for start in range(len(CONNECTION) - 6)}
    secret = {piece for piece in pieces if piece in KEY}
    assert not any(piece in shown for piece in secret)


@given(st.dictionaries(st.text(max_size=8), st.text(max_size=8), max_size=4))
def test_strangers_in_the_environment_do_not_matter(others: dict[str, str]) -> None:
    """The platform sets many variables."""
    assert settings_from({**others, **LEAST}) == settings_from(LEAST)


def test_pace_of_the_hub_is_a_setting() -> None:
    """Each by its own variable; the wrong one is named, and limits are the hub document's."""
    known = {"SPOKEWRIGHT_HUBS": "hubs.yaml", "AzureWebJobsStorage": "x"}
    found = settings_from(known | {"SPOKEWRIGHT_HUB_SHARDS": "4"})
    assert (found.hub.shards, found.hub.poll_seconds) == (4, 30.0)
    for name, value in (("SHARDS", "0"), ("PEERINGS", "500")):
        with pytest.raises(ConfigurationError, match=f"SPOKEWRIGHT_HUB_{name}"):
            settings_from(known | {f"SPOKEWRIGHT_HUB_{name}": value})


def test_the_pace_of_key_rotations_is_bounded() -> None:
    """Ten minutes unless it is said; a new key is not kept back for ever."""
    assert settings_from(LEAST).keys.settle_seconds == 600
    found = settings_from(LEAST | {"SPOKEWRIGHT_KEYS_SETTLE_SECONDS": "0.5"})
    assert found.keys.settle_seconds == 0.5
    with pytest.raises(ConfigurationError, match="SPOKEWRIGHT_KEYS_SETTLE_SECONDS"):
        settings_from(LEAST | {"SPOKEWRIGHT_KEYS_SETTLE_SECONDS": "-1"})


def test_the_pace_of_calls_is_bounded() -> None:
    """Azure's own limits unless something else is said; nobody waits within a function for long."""
    pace = settings_from(LEAST).pace
    assert (pace.reads, pace.reads_per_second, pace.in_place_seconds) == (250, 25, 1)
    found = settings_from(LEAST | {"SPOKEWRIGHT_PACE_READS_PER_SECOND": "2.5e+03"})
    assert found.pace.reads_per_second == 2500
    for name, value in (("RESERVE", "1"), ("IN_PLACE_SECONDS", "60"), ("WRITES", "0")):
        with pytest.raises(ConfigurationError, match=f"SPOKEWRIGHT_PACE_{name}"):
            settings_from(LEAST | {f"SPOKEWRIGHT_PACE_{name}": value})


@pytest.mark.parametrize(
    ("told", "trusted"), [("True", True), ("true", True), ("False", False), ("", False)]
)
def test_who_signs_in_is_vouched_for_only_where_the_platform_says_so(
    told: str, *, trusted: bool
) -> None:
    """Where nothing is said, nobody is."""
    assert settings_from(LEAST).vouched_for is False
    assert settings_from(LEAST | {"WEBSITE_AUTH_ENABLED": told}).vouched_for is trusted


def test_half_a_word_of_the_platform_is_a_fault() -> None:
    """It is not taken for a yes."""
    assert "WEBSITE_AUTH_ENABLED" in str(refused(LEAST | {"WEBSITE_AUTH_ENABLED": "perhaps"}))
