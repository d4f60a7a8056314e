"""The edge of the HTTP API: who asks is found out once, and held against the table of roles.

Each HTTP function is `guarded` by its action. It gets what the caller may do as an `Access`, and
nothing else of the caller travels inside. Each refusal is noted in the audit.
"""

from collections.abc import Awaitable, Callable, Mapping
from http import HTTPStatus

import azure.functions as func

from activities.dependencies import Dependencies, dependencies
from activities.refusing import note_refusal
from landing_zone.access import Access, AccessRefused, Action, Reason, parse_principal, scope_of
from landing_zone.access.refusals import forbidden, unauthenticated
from landing_zone.errors import PermanentError, SpokewrightError, TemporaryError
from landing_zone.problems import problem
from landing_zone.tenants import TenantRecord, is_tenant_id
from triggers.answers import answered

type Work = Callable[[Access], Awaitable[func.HttpResponse]]


async def guarded(req: func.HttpRequest, action: Action, work: Work) -> func.HttpResponse:
    """The answer of some work, for whom the action is; else 401, 403 or 404."""
    response = await answered(_guarded(req, action, work))
    if response.status_code == HTTPStatus.UNAUTHORIZED:
        # Which RFC 9110 (11.6.1) asks of every 401.
        response.headers["WWW-Authenticate"] = "Bearer"
    return response


async def _guarded(req: func.HttpRequest, action: Action, work: Work) -> func.HttpResponse:
    deps = await _ready()
    try:
        return await work(access_of(deps, req.headers, action))
    except AccessRefused as refusal:
        await note_refusal(deps, refusal, action)
        raise


async def _ready() -> Dependencies:
    """The process's dependencies; until it is known who asks, nobody is told what is wrong.

    Raises:
        TemporaryError: Something is.
    """
    try:
        return await dependencies()
    except SpokewrightError as error:
        code = str(problem(error)["code"])
        raise TemporaryError(code, "the application is not ready") from error


def access_of(deps: Dependencies, headers: Mapping[str, str], action: Action) -> Access:
    """What a caller may do.

    Raises:
        AccessRefused: Nobody vouches for who it is, or the action is not for it.
    """
    if not deps.settings.vouched_for:
        raise unauthenticated(Reason.NOT_TRUSTED)
    principal = parse_principal(headers)
    # Elsewhere others decide who has which role.
    if principal.id.directory != str(deps.document.directory_id):
        raise forbidden(
            principal,
            Reason.FOREIGN,
            "your directory is not the one that this landing zone belongs to",
            "sign in to the directory of the landing zone",
        )
    scope = scope_of(principal.roles, action)
    if scope is None:
        raise forbidden(
            principal,
            Reason.NO_ROLE,
            f"none of your roles allows {action}",
            "ask for a role of the application that does",
        )
    return Access(principal, action, scope)


async def tenant_for(
    deps: Dependencies, access: Access, tenant_id: str, missing: PermanentError | None = None
) -> TenantRecord:
    """The record of a tenant that a caller may know of.

    Args:
        deps: What is worked with.
        access: What the caller may do.
        tenant_id: The tenant, as the caller wrote it.
        missing: What is told where there is none; that there is no such tenant by default.

    Raises:
        AccessRefused: The caller sees own tenants only, and this is none of them, whether it is
            there or not: what is told and what is done is the same.
        PermanentError: There is none.
    """
    found = await deps.registry.get(tenant_id) if is_tenant_id(tenant_id) else None
    if found is not None and access.reaches(found.value.owner):
        return found.value
    error = missing or PermanentError("TenantNotFound", "there is no such tenant")
    raise error if access.owner is None else _hidden(access, tenant_id, error)


def _hidden(access: Access, tenant_id: str, error: PermanentError) -> AccessRefused:
    """What a caller is told who may not even know whether there is something, as a refusal."""
    return AccessRefused(
        error.code,
        error.message,
        Reason.NOT_OWN,
        hint=error.hint,
        principal=access.principal,
        tenant_id=tenant_id if is_tenant_id(tenant_id) else "",
    )
