"""Proxies: the environment is trusted where it names one."""

import pytest

from azure_adapters.proxies import transport_settings


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    """An environment that names none."""
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy", "ftp_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


def test_without_a_proxy_the_environment_is_not_looked_at() -> None:
    """Nor a netrc file, for each request."""
    assert transport_settings() == {"use_env_settings": False}


def test_an_exception_alone_names_no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is set where the local cloud runs."""
    monkeypatch.setenv("NO_PROXY", "localhost")
    assert transport_settings() == {"use_env_settings": False}


def test_a_proxy_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    """As the SDKs do by themselves."""
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.test:3128")
    monkeypatch.setenv("NO_PROXY", "localhost")
    assert transport_settings() == {"use_env_settings": True}
