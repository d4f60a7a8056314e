"""Azure over azure-core's pipeline: tokens, TLS, and errors of the connection as ours.

The SDK's own retries are off: the orchestrations wait, durably, and no function runs meanwhile.
Redirects are not followed, as our token must not be.
"""

from collections.abc import Mapping
from typing import Any, Final

from azure.core import AsyncPipelineClient
from azure.core.credentials_async import AsyncTokenCredential
from azure.core.exceptions import AzureError, ClientAuthenticationError
from azure.core.pipeline.policies import HeadersPolicy, RequestIdPolicy, UserAgentPolicy
from azure.core.rest import AsyncHttpResponse, HttpRequest
from azure.mgmt.core.policies import AsyncARMChallengeAuthenticationPolicy

from azure_adapters.proxies import transport_settings
from landing_zone.errors import TemporaryError

CONNECT_SECONDS: Final = 10
READ_SECONDS: Final = 60


class Pipeline:
    """Sends requests with tokens of one scope."""

    def __init__(self, endpoint: str, scope: str, credential: AsyncTokenCredential) -> None:
        """Build the pipeline; nothing is sent.

        Args:
            endpoint: Base URL of what is talked to.
            scope: Scope of the tokens.
            credential: Where tokens come from.
        """
        self._client: AsyncPipelineClient[HttpRequest, AsyncHttpResponse] = AsyncPipelineClient(
            endpoint,
            policies=[
                RequestIdPolicy(),
                HeadersPolicy({"Accept": "application/json"}),
                UserAgentPolicy(base_user_agent="spokewright"),
                # It is the bearer policy that also answers challenges for other claims.
                AsyncARMChallengeAuthenticationPolicy(credential, scope),
            ],
            **transport_settings(),
        )

    async def send(
        self, method: str, url: str, body: Any = None, headers: Mapping[str, str] | None = None
    ) -> AsyncHttpResponse:
        """The answer, whatever its status.

        Raises:
            TemporaryError: There was none.
        """
        request = HttpRequest(method, url, json=body, headers=dict(headers or {}))
        try:
            return await self._client.send_request(
                request, connection_timeout=CONNECT_SECONDS, read_timeout=READ_SECONDS
            )
        except ClientAuthenticationError as error:
            raise TemporaryError("AuthenticationFailed", "no token could be had") from error
        except AzureError as error:
            raise TemporaryError("ConnectionFailed", type(error).__name__) from error

    async def close(self) -> None:
        """Close the connections."""
        await self._client.close()
