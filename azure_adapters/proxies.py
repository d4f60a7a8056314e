"""Whether the SDKs' clients look at the environment for a proxy."""

from typing import TypedDict
from urllib.request import getproxies_environment


class TransportSettings(TypedDict):
    """Keywords that every SDK client hands on to its transport."""

    use_env_settings: bool


def transport_settings() -> TransportSettings:
    """What clients are made with: the environment is trusted where it names a proxy, as by default.

    Where it names none, trusting it would change nothing but have aiohttp look for a proxy and for
    a netrc file, each on another thread, for every single request.
    """
    # Who is reached without a proxy says nothing where there is none.
    return {"use_env_settings": bool(getproxies_environment().keys() - {"no"})}
