"""`/api/health`: whether the application can do its work."""

from http import HTTPStatus

import azure.durable_functions as df
import azure.functions as func

from activities.dependencies import dependencies
from landing_zone.errors import SpokewrightError
from landing_zone.problems import problem
from triggers.answers import answer

blueprint = df.Blueprint()


async def health(req: func.HttpRequest) -> func.HttpResponse:  # noqa: ARG001 - the worker binds it
    """Whether settings and hub document are valid, and storage answers."""
    try:
        deps = await dependencies()
        await deps.registry.page(1)
    except SpokewrightError as error:
        found = problem(error)
        document = {"status": "unhealthy", "code": found["code"]}
        return answer(document, HTTPStatus.SERVICE_UNAVAILABLE)
    return answer({"status": "healthy", "hubs": len(deps.document.hubs)})


blueprint.route("health", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)(health)
