"""A product's policy, as far as it decides who gets through and as whom.

Evaluated are `validate-azure-ad-token`, `set-header`, `choose` and `return-response`, and the two
conditions that our policies have. Counted and measured is nothing here: token limits, metrics and
the gateway's own token for the backend are passed over. What is not known fails the call, as a
policy that cannot be evaluated does in Azure.
"""

import json
import re
import xml.etree.ElementTree as ET
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

_PASSED_OVER = frozenset(
    {"base", "llm-token-limit", "llm-emit-token-metric", "authentication-managed-identity"}
)
_HAS_HEADER = re.compile(r'@\(context\.Request\.Headers\.ContainsKey\("([^"]+)"\)\)')
_IS_DEPLOYMENT = re.compile(
    r"@\(context\.Request\.MatchedParameters\.GetValueOrDefault"
    r'\("deployment-id", ""\) == "((?:[^"\\]|\\.)*)"\)'
)

type Claims = Callable[[tuple[str, ...]], Mapping[str, Any] | None]


class UnknownPolicyError(Exception):
    """A policy has something that is not understood here."""


class Caught(Exception):  # noqa: N818 - an answer, not a mistake
    """The policy answers in the backend's place.

    Attributes:
        status: The HTTP status.
        body: The answer's body.
        headers: Its headers.
    """

    def __init__(self, status: int, body: str, headers: Mapping[str, str]) -> None:
        super().__init__(body)
        self.status = status
        self.body = body
        self.headers = headers


@dataclass(slots=True)
class Inbound:
    """A call on its way to the backend.

    Attributes:
        headers: Their names in lower case; policies change them.
        deployment: The model deployment that its path names; empty where none.
        claims: The claims of its token, if that is valid for one of the audiences.
    """

    headers: dict[str, str]
    deployment: str
    claims: Claims


def run(document: str, inbound: Inbound) -> None:
    """Do to a call what the inbound section says.

    Raises:
        Caught: The policy answers the call.
        UnknownPolicyError: It has something that is not understood here.
    """
    section = ET.fromstring(document).find("inbound")  # noqa: S314 - checked when it was written
    if section is not None:
        _all(section, inbound)


def _all(policies: Iterable[ET.Element], inbound: Inbound) -> None:
    for policy in policies:
        _one(policy, inbound)


def _one(policy: ET.Element, inbound: Inbound) -> None:
    match policy.tag:
        case "validate-azure-ad-token":
            _validate(policy, inbound)
        case "set-header":
            _set_header(policy, inbound.headers)
        case "choose":
            _choose(policy, inbound)
        case "return-response":
            raise _response(policy)
        case tag if tag not in _PASSED_OVER:
            raise UnknownPolicyError(f"the policy {tag} is not known here")


def _validate(policy: ET.Element, inbound: Inbound) -> None:
    """https://learn.microsoft.com/azure/api-management/validate-azure-ad-token-policy."""
    audiences = tuple(one.text or "" for one in policy.iterfind("audiences/audience"))
    claims = inbound.claims(audiences)
    required = policy.iterfind("required-claims/claim")
    if claims is not None and all(_has(claims, one) for one in required):
        return
    status = int(policy.get("failed-validation-httpcode", "401"))
    message = policy.get("failed-validation-error-message", "")
    body = json.dumps({"statusCode": status, "message": message})
    raise Caught(status, body, {"Content-Type": "application/json"})


def _has(claims: Mapping[str, Any], required: ET.Element) -> bool:
    found = claims.get(required.get("name", ""))
    values = set(found) if isinstance(found, list) else {found}
    wanted = {one.text for one in required.iterfind("value")}
    if required.get("match", "all") == "any":
        return bool(values & wanted)
    return wanted <= values


def _set_header(policy: ET.Element, headers: dict[str, str]) -> None:
    """https://learn.microsoft.com/azure/api-management/set-header-policy."""
    name = policy.get("name", "").lower()
    values = ",".join(one.text or "" for one in policy.iterfind("value"))
    match policy.get("exists-action", "override"):
        case "override":
            headers[name] = values
        case "delete":
            headers.pop(name, None)
        case "skip":
            headers.setdefault(name, values)
        case action:
            raise UnknownPolicyError(f"the action {action} is not known here")


def _choose(policy: ET.Element, inbound: Inbound) -> None:
    for when in policy.iterfind("when"):
        if _holds(when.get("condition", ""), inbound):
            _all(when, inbound)
            return
    otherwise = policy.find("otherwise")
    if otherwise is not None:
        _all(otherwise, inbound)


def _holds(condition: str, inbound: Inbound) -> bool:
    if (header := _HAS_HEADER.fullmatch(condition)) is not None:
        return header[1].lower() in inbound.headers
    if (deployment := _IS_DEPLOYMENT.fullmatch(condition)) is not None:
        return re.sub(r"\\(.)", r"\1", deployment[1]) == inbound.deployment
    raise UnknownPolicyError("a condition is not known here")


def _response(policy: ET.Element) -> Caught:
    """https://learn.microsoft.com/azure/api-management/return-response-policy."""
    status = policy.find("set-status")
    headers: dict[str, str] = {}
    for one in policy.iterfind("set-header"):
        _set_header(one, headers)
    code = int(status.get("code", "200")) if status is not None else 200
    return Caught(code, policy.findtext("set-body", ""), headers)
