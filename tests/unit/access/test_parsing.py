"""The principal in the headers: what is one, and all that is none."""

import base64
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from landing_zone.access import AccessRefused, Reason, parse_principal
from landing_zone.access.parsing import (
    IDENTIFIER,
    IDP,
    MOST_CHARACTERS,
    MOST_CLAIMS,
    MOST_NAME,
    NAME,
    PRINCIPAL,
)
from landing_zone.access.principal import Principal, PrincipalKind
from tests.principals import (
    ANN,
    BEN,
    DIRECTORY,
    OBJECT_ID,
    ROLE,
    SUBJECT,
    TENANT_ID,
    Claims,
    claims_of,
    document_of,
    header_of,
    principal_of,
)

LEAST = [(OBJECT_ID, ANN), (TENANT_ID, DIRECTORY)]
R = Reason


def parsed(claims: Claims, **changes: Any) -> Principal:
    """The principal with some claims."""
    return parse_principal({PRINCIPAL: header_of(document_of(claims, **changes))})


def refused(headers: dict[str, str]) -> Reason:
    """Why headers are refused; whoever sent them is told nothing of it."""
    with pytest.raises(AccessRefused) as raised:
        parse_principal(headers)
    error = raised.value
    assert (error.code, error.principal) == ("Unauthenticated", None)
    assert str(error.reason) not in f"{error.message} {error.hint}"
    assert error.__cause__ is None
    return error.reason


def test_a_person_is_who_the_claims_say() -> None:
    """Object id, directory, name, roles."""
    assert parsed(claims_of()) == principal_of()
    assert principal_of().actor == f"person:{ANN}"


def test_claims_may_have_the_names_of_the_token() -> None:
    """The mapping of claims is the platform's affair."""
    found = parsed([("oid", ANN.upper()), ("tid", DIRECTORY), (ROLE, "Reader"), ("sub", "s")])
    assert (found.id, found.roles) == (principal_of().id, frozenset({"Reader"}))


@pytest.mark.parametrize(
    ("more", "kind"),
    [
        ([(SUBJECT, "someone")], PrincipalKind.PERSON),
        ([], PrincipalKind.PERSON),
        ([(SUBJECT, ANN)], PrincipalKind.APP),
        ([(SUBJECT, "pairwise"), ("idtyp", "app")], PrincipalKind.APP),
        ([(SUBJECT, ANN), ("idtyp", "user")], PrincipalKind.PERSON),
    ],
)
def test_applications_are_told_from_people(more: Claims, kind: PrincipalKind) -> None:
    """By what the token says it is, else by its subject."""
    assert parsed([*LEAST, *more]).kind is kind


@pytest.mark.parametrize(
    ("names", "shown"),
    [
        ([], ANN),
        ([("preferred_username", "ann@x")], "ann@x"),
        ([("upn", "ann@x"), ("name", "Ann")], "Ann"),
        ([("name", "Ann\n\x00\u202e\ud800")], "Ann????"),
        ([("name", "x" * 1_000)], "x" * MOST_NAME),
        ([("name", "Zoë 東京")], "Zoë 東京"),
    ],
)
def test_names_are_printable_and_short(names: Claims, shown: str) -> None:
    """They are shown in audits and logs."""
    assert parsed([*LEAST, *names]).name == shown


def test_roles_of_others_are_kept_and_mean_nothing_here() -> None:
    """The table decides what they are good for."""
    assert parsed([*LEAST, ("roles", "User"), ("roles", "Reader")]).roles == {"User", "Reader"}


@pytest.mark.parametrize(
    "more",
    [
        {},
        {IDENTIFIER: ANN.upper()},
        {IDENTIFIER: f"subject-of-{ANN}"},
        {IDP: "aad"},
        {NAME: "Ann"},
        {NAME: "Zoë, as some front end wrote it"},
    ],
)
def test_the_other_headers_may_say_the_same(more: dict[str, str]) -> None:
    """They repeat parts of the document."""
    header = header_of(document_of(claims_of()))
    assert parse_principal({PRINCIPAL: header, **more}) == principal_of()


@pytest.mark.parametrize(
    "more",
    [
        {IDENTIFIER: BEN},
        {IDENTIFIER: ""},
        {IDP: "google"},
        {IDP: "aad,aad"},
        {NAME: "Ben"},
    ],
)
def test_headers_that_contradict_each_other_are_refused(more: dict[str, str]) -> None:
    """One of them is not the platform's."""
    header = header_of(document_of(claims_of()))
    assert refused({PRINCIPAL: header, **more}) is R.CONTRADICTORY


@pytest.mark.parametrize("name", [IDENTIFIER, NAME, IDP])
def test_parts_without_the_principal_are_refused(name: str) -> None:
    """The platform sets all of them."""
    assert refused({name: ANN}) is R.CONTRADICTORY


def test_nobody_is_not_signed_in() -> None:
    """There is no principal without the header."""
    assert refused({"content-type": "x"}) is R.NOT_SIGNED_IN


@pytest.mark.parametrize(
    ("claims", "reason"),
    [
        ([], R.MALFORMED),
        ([(OBJECT_ID, ANN)], R.MALFORMED),
        ([(TENANT_ID, DIRECTORY)], R.MALFORMED),
        ([(OBJECT_ID, "ann"), (TENANT_ID, DIRECTORY)], R.MALFORMED),
        ([(OBJECT_ID, f"{ANN}\n"), (TENANT_ID, DIRECTORY)], R.MALFORMED),
        ([(OBJECT_ID, "0" * 8 + "-0000" * 3 + "-" + "0" * 12), *LEAST[1:]], R.MALFORMED),
        ([*LEAST, (OBJECT_ID, BEN)], R.CONTRADICTORY),
        ([*LEAST, ("oid", BEN)], R.CONTRADICTORY),
        ([*LEAST, ("tid", BEN)], R.CONTRADICTORY),
        ([*LEAST, ("idtyp", "device")], R.MALFORMED),
        ([*LEAST, ("idtyp", "app"), ("idtyp", "user")], R.CONTRADICTORY),
        ([*LEAST, ("idtyp", "app"), ("scp", "user_impersonation")], R.CONTRADICTORY),
        ([*LEAST, ("", "x")], R.MALFORMED),
        ([*LEAST, ("x" * 257, "x")], R.MALFORMED),
        ([*LEAST, *[("groups", BEN)] * MOST_CLAIMS], R.MALFORMED),
    ],
)
def test_claims_that_name_nobody_or_two_are_refused(claims: Claims, reason: Reason) -> None:
    """An id is there once, and is one."""
    assert refused({PRINCIPAL: header_of(document_of(claims))}) is reason


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"auth_typ": "google"}, R.MALFORMED),
        ({"auth_typ": ["aad"]}, R.MALFORMED),
        ({"auth_typ": None}, R.MALFORMED),
        ({"claims": {}}, R.MALFORMED),
        ({"claims": None}, R.MALFORMED),
        ({"claims": [1]}, R.MALFORMED),
        ({"claims": [{"typ": "oid", "val": 1}]}, R.MALFORMED),
        ({"claims": [{"typ": "oid", "val": [ANN]}]}, R.MALFORMED),
        ({"role_typ": "groups"}, R.CONTRADICTORY),
        ({"role_typ": 1}, R.MALFORMED),
    ],
)
def test_documents_of_another_shape_are_refused(changes: dict[str, Any], reason: Reason) -> None:
    """Nothing is made to fit."""
    document = document_of(claims_of()) | changes
    assert refused({PRINCIPAL: header_of(document)}) is reason


TWICE = json.dumps(document_of(claims_of())).replace("{", '{"auth_typ": "aad", ', 1)
VALID = header_of(document_of(claims_of()))


@pytest.mark.parametrize(
    "header",
    [
        "",
        "e30=",
        "e30",
        "!!!!",
        VALID[:-1],
        f"{VALID},{VALID}",
        VALID.replace("e", "\u0435"),
        header_of("[" * 20_000),
        header_of('{"a":' * 9_000),
        header_of(TWICE),
        header_of('{"auth_typ": "aad", "claims": NaN}'),
        header_of("null"),
        header_of("[]"),
        base64.b64encode(b"\xff\xfe\x00").decode(),
        base64.b64encode(b"\x80").decode(),
        "A" * (MOST_CHARACTERS + 4),
    ],
    ids=range(16),
)
def test_what_is_no_document_is_refused(header: str) -> None:
    """Cut off, doubled, too deep, too large, in another encoding."""
    assert refused({PRINCIPAL: header}) is R.MALFORMED


@given(st.one_of(st.text(max_size=200), st.text(max_size=200).map(header_of)))
def test_no_header_breaks_the_parser(header: str) -> None:
    """Whatever is sent, it is a refusal; no other error, and nobody is let in."""
    assert refused({PRINCIPAL: header}) is R.MALFORMED


JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=8,
)


@given(st.dictionaries(st.sampled_from(["auth_typ", "claims", "role_typ", "name_typ"]), JSON))
def test_no_document_breaks_the_parser(document: dict[str, Any]) -> None:
    """The same for what is JSON and has the right keys."""
    assert refused({PRINCIPAL: header_of(document)}) in {R.MALFORMED, R.CONTRADICTORY}
