"""Signing requests to tables with the account's key, and choosing how they are signed at all."""

import base64
import hashlib
import hmac
from email.utils import formatdate
from typing import Any, Final
from urllib.parse import urlsplit

from azure.core.credentials import AzureNamedKeyCredential, AzureSasCredential
from azure.core.credentials_async import AsyncTokenCredential
from azure.core.pipeline import PipelineRequest
from azure.core.pipeline.policies import (
    AsyncBearerTokenCredentialPolicy,
    AsyncHTTPPolicy,
    AzureSasCredentialPolicy,
    SansIOHTTPPolicy,
)

SCOPE: Final = "https://storage.azure.com/.default"

type Credential = AzureNamedKeyCredential | AzureSasCredential | AsyncTokenCredential
type Policy = SansIOHTTPPolicy[Any, Any] | AsyncHTTPPolicy[Any, Any]


def policy_of(credential: Credential) -> Policy:
    """What proves who we are."""
    match credential:
        case AzureNamedKeyCredential():
            return SharedKeyPolicy(credential)
        case AzureSasCredential():
            return AzureSasCredentialPolicy(credential)
        case _:
            return AsyncBearerTokenCredentialPolicy(credential, SCOPE)


class DatePolicy(SansIOHTTPPolicy[Any, Any]):
    """Says when a request was sent, which storage wants to know (each time that it is sent)."""

    def on_request(self, request: PipelineRequest[Any]) -> None:
        """Set the header."""
        request.http_request.headers["x-ms-date"] = formatdate(usegmt=True)


class SharedKeyPolicy(SansIOHTTPPolicy[Any, Any]):
    """Signs with the account's key, after `DatePolicy`.

    Source: learn: rest/api/storageservices/authorize-with-shared-key (table service).
    """

    def __init__(self, credential: AzureNamedKeyCredential) -> None:
        """Use a key, which may be exchanged meanwhile."""
        self._credential = credential

    def on_request(self, request: PipelineRequest[Any]) -> None:
        """Set the header."""
        sent = request.http_request
        name, key = self._credential.named_key
        signed = "\n".join(
            (
                sent.method,
                sent.headers.get("Content-MD5", ""),
                sent.headers.get("Content-Type", ""),
                sent.headers["x-ms-date"],
                f"/{name}{urlsplit(sent.url).path}",
            )
        )
        mac = hmac.digest(base64.b64decode(key), signed.encode(), hashlib.sha256)
        sent.headers["Authorization"] = f"SharedKey {name}:{base64.b64encode(mac).decode()}"
