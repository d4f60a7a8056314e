"""One plain resource: GET, HEAD, PUT, PATCH, DELETE."""

from http import HTTPStatus

from localcloud.arm.deleting import delete
from localcloud.arm.errors import method_not_allowed, resource_not_found
from localcloud.arm.exchange import Answer, Call
from localcloud.arm.patching import patch
from localcloud.arm.paths import Target, group_of
from localcloud.arm.placing import Place, place
from localcloud.arm.rendering import render
from localcloud.arm.world import Cloud
from localcloud.arm.writing import etag_header, put


def one(cloud: Cloud, call: Call, target: Target) -> Answer:
    """Answer a request for one resource.

    Raises:
        ArmError: It is refused.
    """
    return handle_place(cloud, call, place(cloud, call, target))


def handle_place(cloud: Cloud, call: Call, where: Place) -> Answer:
    """Do what the method says to a place.

    Raises:
        ArmError: It is refused.
    """
    match call.method:
        case "GET":
            return get(cloud, where)
        case "HEAD":
            status = HTTPStatus.NO_CONTENT if where.existing else HTTPStatus.NOT_FOUND
            return Answer(status)
        case "PUT":
            return put(cloud, call, where)
        case "PATCH":
            require(where)
            return patch(cloud, call, where)
        case "DELETE":
            return delete(cloud, call, where)
        case method:
            raise method_not_allowed(method, where.type.name)


def get(cloud: Cloud, where: Place) -> Answer:
    """The resource as it is.

    Raises:
        ArmError: It is not there.
    """
    require(where)
    record = where.existing
    if record is None:  # pragma: no cover - require has raised
        return Answer(HTTPStatus.NOT_FOUND)
    return Answer(HTTPStatus.OK, render(cloud.store, record), etag_header(where.type, record))


def require(where: Place) -> None:
    """Refuse what needs a resource that is not there.

    Raises:
        ArmError: 404.
    """
    if where.existing is None:
        raise resource_not_found(where.type.name, where.name, group_of(where.id))
