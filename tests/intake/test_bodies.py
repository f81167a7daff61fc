"""How a body enters the programme, and what its representative may do."""

import hashlib
from datetime import timedelta
from typing import Any

import pytest

from contracts.bodies import body_id
from contracts.envelope import new_id
from services.chassis.auth import Caller
from services.chassis.clock import Clock
from services.chassis.problems import Problem
from services.intake.domain.files import P7M, PDF, safe_name, signed_document_type
from services.intake.domain.programme import Phase, Programme
from services.intake.handlers import bodies
from services.intake.handlers.admission import check_admitted
from services.intake.handlers.subjects import checked_body
from tests.intake.conftest import BERGAMO, SARONNO, VARESE, Town, published
from tests.intake.events import deliver, measurement

DER = bytes.fromhex("308203a906092a864886f70d010702a082039a")
MEASURED = Programme(2, (Phase(1, "listed", frozenset({VARESE})), Phase(2, "measured")))


def a_file(content: bytes = b"%PDF-1.7 signed", name: str = "protocollo.pdf") -> dict[str, Any]:
    return {"protocol": (name, content, "application/pdf")}


async def representative(town: Town, body: str) -> str:
    return (await town.person({"role": "representative", "scope_kind": "body", "scope": body}))[1]


async def test_a_body_registers_with_its_protocol_and_is_approved(town: Town) -> None:
    key, body = await representative(town, "013075"), "013075"

    registered = await town.call("POST", f"/api/bodies/{body}/registration", key, files=a_file())
    approved = await town.call("POST", f"/api/bodies/{body}/approval", json={"approved": True})

    assert registered.status_code == 201
    assert registered.json()["status"] == "registered"
    assert registered.json()["protocol"]["sha256"] == hashlib.sha256(b"%PDF-1.7 signed").hexdigest()
    assert approved.json()["status"] == "approved"
    assert approved.json()["phase"] == 3
    events = await published(town, body_id(body))
    assert [event["type"].split(".")[2] for event in events] == ["registered", "approved", "admitted"]
    assert [event["sequence"] for event in events] == [1, 2, 3]


async def test_a_refused_body_may_register_again(town: Town) -> None:
    body = "014061"
    await town.call("POST", f"/api/bodies/{body}/registration", files=a_file())

    refused = await town.call(
        "POST", f"/api/bodies/{body}/approval", json={"approved": False, "reason": "Firma mancante"}
    )
    again = await town.call("POST", f"/api/bodies/{body}/registration", files=a_file(DER, "protocollo.pdf.p7m"))

    assert refused.json()["decision"]["reason"] == "Firma mancante"
    assert again.status_code == 201
    assert again.json()["protocol"]["media_type"] == P7M


async def test_a_refusal_needs_a_reason_and_a_decision_a_registration(town: Town) -> None:
    await town.call("POST", "/api/bodies/015146/registration", files=a_file())

    assert (await town.call("POST", "/api/bodies/015146/approval", json={"approved": False})).status_code == 422
    assert (await town.call("POST", f"/api/bodies/{BERGAMO}/approval", json={"approved": True})).status_code == 409
    assert (await town.call("POST", f"/api/bodies/{VARESE}/registration", files=a_file())).status_code == 409
    assert (await town.call("POST", "/api/bodies/000000/approval", json={"approved": True})).status_code == 404


async def test_a_file_that_is_neither_pdf_nor_signature_is_refused_and_not_kept(town: Town) -> None:
    before = await town.service.database["files.files"].count_documents({})

    answer = await town.call("POST", f"/api/bodies/{BERGAMO}/registration", files=a_file(b"MZ program", "a.pdf"))
    taken = await town.call("POST", f"/api/bodies/{VARESE}/registration", files=a_file())

    assert answer.status_code == 415
    assert taken.status_code == 409
    assert await town.service.database["files.files"].count_documents({}) == before


async def test_only_the_representative_of_the_body_registers_it(town: Town) -> None:
    key = await representative(town, SARONNO)

    answer = await town.call("POST", f"/api/bodies/{BERGAMO}/registration", key, files=a_file())

    assert answer.status_code == 403


async def test_the_register_is_searched_by_name_province_and_status(town: Town) -> None:
    named = (await town.call("GET", "/api/bodies?q=viggiu")).json()["items"]
    approved = (await town.call("GET", "/api/bodies?province=va&status=approved")).json()["items"]
    first = (await town.call("GET", "/api/bodies?province=VA&limit=2")).json()
    second = (await town.call("GET", f"/api/bodies?province=VA&limit=2&cursor={first['next_cursor']}")).json()

    assert [item["name"] for item in named] == ["Viggiù"]
    assert {item["code"] for item in approved} >= {VARESE, SARONNO}
    assert all(item["status"] == "approved" for item in approved)
    assert first["items"][-1]["code"] < second["items"][0]["code"]


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("viggiu'", "Viggiù"), ("VIGGIÙ", "Viggiù"), ("comune di Viggiù", "Viggiù"),
        ("Sant\u2019Angelo Lod", "Sant'Angelo Lodigiano"), ("santangelo lod", "Sant'Angelo Lodigiano"),
        ("Comune di Cantu'", "Cantù"), ("013", "Provincia di Como"),
    ],
)  # fmt: skip
async def test_a_body_is_found_as_people_write_its_name(town: Town, written: str, name: str) -> None:
    answer = await town.call("GET", "/api/bodies", params={"q": written})

    assert name in [item["name"] for item in answer.json()["items"]]


async def test_a_body_is_read_by_ipa_code_in_any_case_and_its_protocol_stays_with_its_people(town: Town) -> None:
    _, official = await town.official(VARESE)

    seen = await town.call("GET", "/api/bodies/C_L682", official)
    own = await town.call("GET", "/api/bodies/c_l682", await representative(town, VARESE))

    assert seen.json()["code"] == VARESE
    assert "protocol" not in seen.json()
    assert own.json()["protocol"]["name"] == "protocollo.pdf"


@pytest.mark.parametrize("first", ["measurement", "approval"])
async def test_measurements_admit_a_body_to_a_phase_that_asks_for_them(town: Town, first: str) -> None:
    body = {"measurement": "016001", "approval": "016002"}[first]
    sent = measurement(body, Clock().now())
    if first == "measurement":
        await deliver(town, sent, programme=MEASURED)
    await town.call("POST", f"/api/bodies/{body}/registration", files=a_file())
    await _approve_in(town, body, MEASURED)

    if first == "approval":
        with pytest.raises(Problem, match="may not send"):
            check_admitted(MEASURED, checked_body(body, Clock().now().date()), await _state(town, body))
        await deliver(town, sent, measurement(body, Clock().now() - timedelta(days=1)), programme=MEASURED)

    state = await _state(town, body)
    assert (state["status"], state["phase"]) == ("approved", 2)
    types = [event["type"] for event in await published(town, body_id(body))]
    assert types.count("affianca.body.admitted.v1") == 1
    check_admitted(MEASURED, checked_body(body, Clock().now().date()), state)


async def _approve_in(town: Town, body: str, programme: Programme) -> None:
    found = checked_body(body, Clock().now().date())
    await town.service.executor.run(
        bodies.body_keys(body), lambda work: bodies.decide(work, found, True, "", Caller("x"), programme)
    )


async def _state(town: Town, body: str) -> Any:
    return await town.service.database["bodies"].find_one({"_id": body_id(body)})


async def test_a_representative_lets_officials_in_and_out(town: Town) -> None:
    key = await representative(town, SARONNO)
    name = f"Luca Verdi {new_id()}"
    form = {"name": name, "email": "luca.verdi@comune.example", "identities": [{"subject": "luca"}]}

    added = await town.call("POST", f"/api/bodies/{SARONNO}/delegates", key, json=form)
    listed = (await town.call("GET", f"/api/bodies/{SARONNO}/delegates?limit=200", key)).json()["items"]
    removed = await town.call("DELETE", f"/api/bodies/{SARONNO}/delegates/{added.json()['id']}", key)

    assert added.status_code == 201
    assert name in [item["name"] for item in listed]
    assert removed.status_code == 204
    left = (await town.call("GET", f"/api/bodies/{SARONNO}/delegates?limit=200", key)).json()["items"]
    assert name not in [item["name"] for item in left]
    events = await published(town, added.json()["id"])
    assert [event["type"].split(".")[2] for event in events] == ["granted", "revoked"]


async def test_a_representative_cannot_give_credentials_to_somebody_who_is_known(town: Town) -> None:
    known, _ = await town.official(VARESE, email="nota@comune.example")
    key = await representative(town, SARONNO)
    form = {"name": "Anna Bianchi", "email": "nota@comune.example"}
    path = f"/api/bodies/{SARONNO}/delegates"

    refused = await town.call("POST", path, key, json=form | {"identities": [{"subject": "intruder"}]})
    added = await town.call("POST", path, key, json=form)

    assert refused.status_code == 409
    assert added.json()["id"] == known
    person = (await town.call("GET", f"/api/persons/{known}")).json()
    assert person["name"] == "Anna Bianchi"
    first, last = await published(town, known)
    assert last["data"]["state"]["credentials"] == first["data"]["state"]["credentials"]
    assert {grant["scope"] for grant in person["grants"]} == {VARESE, SARONNO}


async def test_a_representative_gives_no_other_role_and_no_other_body(town: Town) -> None:
    key = await representative(town, SARONNO)
    form = {"name": "Luca", "email": "l@comune.example"}
    more = form | {"grants": [{"role": "secretariat", "scope_kind": "programme"}]}

    assert (await town.call("POST", f"/api/bodies/{SARONNO}/delegates", key, json=more)).status_code == 422
    assert (await town.call("POST", f"/api/bodies/{VARESE}/delegates", key, json=form)).status_code == 403


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"%PDF-1.4", PDF),
        (DER, P7M),
        (b"-----BEGIN PKCS7-----\nMIIDqQYJKoZIhvcNAQcCoIIDmg==", P7M),
        (b"MIIDqQYJKoZIhvcNAQcCoIIDmg==", P7M),
        (b"PK\x03\x04", None),
        (b"<html>%PDF-", None),
        (b"", None),
        (b"0\x82\x01\x01" + b"\x00" * 60, None),
    ],
)
def test_a_file_is_what_its_first_bytes_say(content: bytes, kind: str | None) -> None:
    assert signed_document_type(content) == kind


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\temp\\atto.pdf", "atto.pdf"),
        ("a\x00b\u202efdp.exe", "a_b_fdp.exe"),
        ("", "file"),
        ("...", "file"),
        ("x" * 300 + ".pdf", "x" * 116 + ".pdf"),
    ],
)
def test_a_name_of_a_file_harms_nobody(name: str, safe: str) -> None:
    assert safe_name(name) == safe
