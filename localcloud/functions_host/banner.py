"""What the host tells at its start: the functions, as ``func`` lists them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from localcloud.functions_host.triggers.event_grid import endpoint
from localcloud.functions_host.triggers.http import full_route, level_of, methods_of

if TYPE_CHECKING:
    from localcloud.functions_host.functions import Catalogue, Function


def banner(catalogue: Catalogue, base: str, prefix: str, keys_file: str) -> str:
    """List the functions, with URLs for those that have one, and say how to give a key."""
    lines = ["", "Functions:", ""]
    http = catalogue.of("httpTrigger")
    for function in http:
        lines += [f"\t{_http_line(function, base, prefix)}", ""]
    for function in catalogue.functions:
        if function.trigger_type != "httpTrigger":
            lines += [f"\t{function.name}: {function.trigger_type}{_endpoint(function, base)}", ""]
    if any(level_of(function) != "anonymous" for function in http):
        lines += [
            "Functions marked with a key want it in the header 'x-functions-key' or the parameter",
            f"'code'; the keys are in {keys_file}.",
            "",
        ]
    return "\n".join(lines)


def _endpoint(function: Function, base: str) -> str:
    """Where a webhook of the function is, if it has one."""
    if function.trigger_type != "eventGridTrigger":
        return ""
    return f" [POST] {endpoint(base, function.name)} (system key)"


def _http_line(function: Function, base: str, prefix: str) -> str:
    methods = ",".join(method.upper() for method in methods_of(function))
    level = level_of(function)
    key = "" if level == "anonymous" else f" ({level} key)"
    listed = f" [{methods}]" if methods else ""
    return f"{function.name}:{listed} {base}/{full_route(function, prefix)}{key}"
