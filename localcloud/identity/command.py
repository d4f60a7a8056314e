"""`python -m localcloud token`: a development principal's access token, for a shell."""

import sys
import time
from pathlib import Path

from landing_zone.hub import parse_hub_document
from localcloud.functions_host.app_service_auth import principal_headers
from localcloud.identity.principals import PRINCIPALS
from localcloud.identity.tokens import KEY_FILE, Tokens
from localcloud.supervisor.errors import EXIT_FAILED


def show_token(key: str, hub: Path, identity: Path, minutes: int) -> int:
    """Print a new token of a principal, from a directory's signing key; the exit code."""
    if not (identity / KEY_FILE).exists():
        sys.stderr.write(f"localcloud: no local cloud has run in {identity.parent} yet\n")
        return EXIT_FAILED
    directory = str(parse_hub_document(hub.read_text(encoding="utf-8")).directory_id)
    claims = PRINCIPALS[key].claims(directory, time.time(), minutes * 60)
    sys.stdout.write(f"{Tokens(identity).signed(claims)}\n")
    return 0


def show_header(key: str, hub: Path) -> int:
    """Print the header that App Service would send to the app, for a host without it."""
    directory = str(parse_hub_document(hub.read_text(encoding="utf-8")).directory_id)
    headers = principal_headers(PRINCIPALS[key].claims(directory, time.time()))
    sys.stdout.write(f"X-MS-CLIENT-PRINCIPAL: {headers['x-ms-client-principal']}\n")
    return 0
