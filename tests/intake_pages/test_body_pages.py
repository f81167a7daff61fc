"""The pages of bodies: registering, deciding, letting officials in and out, and searching the register."""

import re
from datetime import timedelta
from typing import Any

import httpx
import pytest

from contracts.bodies import body_id
from contracts.envelope import new_id
from services.chassis.access import identity
from services.chassis.clock import Clock
from services.intake.domain.programme import Phase, Programme
from services.intake.store.bodies import BODIES
from tests.intake_pages.conftest import BERGAMO, COMO, MANTOVA, VARESE, Browser, ask, hidden

PDF = b"%PDF-1.7 scanned"


async def upload(
    browser: Browser, code: str, content: bytes | None = PDF, name: str = "protocollo.pdf"
) -> httpx.Response:
    page, action = f"/my-body/{code}", f"/my-body/{code}/registration"
    fields = hidden((await browser.get(page)).text, action)
    files = {"protocol": (name, content, "application/pdf")} if content is not None else {"protocol": ("", b"", "x/y")}
    return await browser.http.post(action, data=fields, files=files)


async def decide(browser: Browser, code: str, decision: str, reason: str = "") -> httpx.Response:
    text = (await browser.get(f"/bodies/{code}")).text
    fields = hidden(text, f"/bodies/{code}/approval") | {"decision": decision, "reason": reason}
    return await browser.http.post(f"/bodies/{code}/approval", data=fields)


def official(**fields: str) -> dict[str, str]:
    return {"name": "Luca Verdi", "email": f"{new_id()}@comune.example", "identity": f"LUCA-{new_id()}"} | fields


async def known(service: Any, somebody: Browser) -> dict[str, str]:
    """What the form says of somebody who is known by name and identity already."""
    form = official()
    facts = {"name": form["name"], "email": form["email"], "email_key": form["email"]}
    await service.database["persons"].update_one({"_id": somebody.id}, {"$set": facts})
    held = {"credentials": [identity(service.settings.oidc_issuer, form["identity"])]}
    await service.database["access"].update_one({"_id": somebody.id}, {"$set": held})
    return form


def day(**span: float) -> str:
    return (Clock().now() + timedelta(**span)).date().isoformat()


async def test_a_body_goes_from_unregistered_over_a_refusal_to_approved_and_each_state_says_what_to_do(visit) -> None:
    code = "013041"
    mayor, clerk, secretariat = (
        await visit("representative", code),
        await visit("official", code),
        await visit("secretariat"),
    )
    page = f"/my-body/{code}"

    first, first_clerk = (await mayor.get(page)).text, (await clerk.get(page)).text
    sent = await upload(mayor, code)
    waiting = (await mayor.get(sent.headers["location"])).text
    listed = (await secretariat.get("/bodies/registrations")).text
    unexplained = await decide(secretariat, code, "refuse")
    refused = await decide(secretariat, code, "refuse", "Manca la <firma>")
    told = (await secretariat.get(refused.headers["location"])).text
    second = (await mayor.get(page)).text
    second_clerk = (await clerk.get(page)).text
    again = await upload(mayor, code, b"%PDF-1.7 /ByteRange [0 1 2 3]", "firmato.pdf")
    seen = (await secretariat.get(f"/bodies/{code}")).text
    approved = await decide(secretariat, code, "approve")
    last = (await clerk.get(page)).text

    assert "Invia la registrazione" in first and "<li>Lo invii qui come file.</li>" in first
    assert "chieda a Anna Colombo di registrare" in first_clerk and "enctype" not in first_clerk
    assert sent.status_code == 303 and "La registrazione è stata inviata." in waiting
    assert "Non deve fare nulla" in waiting and "enctype" not in waiting
    assert "Cantù" in listed and "scansione di un documento firmato a mano" in listed
    assert unexplained.status_code == 422 and "Scriva il motivo" in unexplained.text
    assert refused.status_code == 303 and "La registrazione di Cantù è stata respinta" in told
    assert "Manca la &lt;firma&gt;" in second and "Invia di nuovo la registrazione" in second
    assert "Soltanto il sindaco o il presidente può inviarla di nuovo" in second_clerk
    assert again.status_code == 303
    assert "Il PDF contiene una firma digitale." in seen and "1 registrazione precedente" in seen
    assert approved.status_code == 303
    assert "può chiedere assistenza" in last and 'href="/requests/new"' in last


@pytest.mark.parametrize(
    ("content", "status", "words"),
    [
        (None, 422, "Scelga il file"),
        (b"", 422, "Scelga il file"),
        (b"MZ program", 415, "PDF o"),
        (b"%PDF-1.7" + b"\0" * 20_000_000, 413, "al massimo 20 MB"),
    ],
)
async def test_a_file_that_cannot_be_taken_is_named_at_its_field(visit, content, status, words) -> None:
    mayor = await visit("representative", COMO)

    answer = await upload(mayor, COMO, content)

    assert answer.status_code == status
    assert 'href="#f-protocol"' in answer.text
    assert words in answer.text
    assert 'aria-invalid="true"' in answer.text


async def test_a_decision_that_comes_late_says_so(visit) -> None:
    mayor, first, second = (
        await visit("representative", "013006"),
        await visit("secretariat"),
        await visit("secretariat"),
    )
    await upload(mayor, "013006")
    fields = hidden((await second.get("/bodies/013006")).text, "/bodies/013006/approval")
    await decide(first, "013006", "approve")

    late = await second.http.post("/bodies/013006/approval", data=fields | {"decision": "refuse", "reason": "No"})

    assert late.status_code == 409
    assert "Approvato" in late.text


async def test_the_representative_lets_an_official_in_who_then_reads_the_body_s_requests(service, visit) -> None:
    mayor, clerk = await visit("representative", MANTOVA), await visit("none")
    number = await ask(await visit("official", MANTOVA), body=MANTOVA)
    form = await known(service, clerk)
    page, delegates = f"/my-body/{MANTOVA}", f"/my-body/{MANTOVA}/delegates"
    before = (await clerk.get(f"/requests/{number}")).status_code

    sent = await mayor.send(page, delegates, **form, end=day(days=3))
    service.principals.forget()
    during = (await clerk.get(f"/requests/{number}")).status_code
    shown = (await mayor.get(sent.headers["location"])).text
    moved = await mayor.send(page, f"{delegates}/{clerk.id}/end", end=day(days=9))
    past = await mayor.send(page, f"{delegates}/{clerk.id}/end", end=day(days=-3))
    removed = await mayor.send(page, f"{delegates}/{clerk.id}/removal")
    service.principals.forget()

    assert (before, during) == (403, 200)
    assert "Il funzionario è stato abilitato" in shown and "compreso" in shown
    assert moved.status_code == 303
    assert past.status_code == 422 and f'href="#f-end-{clerk.id}"' in past.text and day(days=-3) in past.text
    assert removed.status_code == 303
    assert (await clerk.get(f"/requests/{number}")).status_code == 403
    assert clerk.id not in (await mayor.get(page)).text
    assert clerk.id not in re.sub(r"action=\S+", "", (await mayor.get(page + "?ended=yes")).text)


@pytest.mark.parametrize(
    ("fields", "field", "words"),
    [
        ({"email": "nessuno"}, "email", "Scriva un indirizzo e-mail"),
        ({"name": " "}, "name", "obbligatorio"),
        ({"identity": ""}, "identity", "obbligatorio"),
        ({"end": "2020-01-01"}, "end", "già passato"),
        ({"start": day(days=9), "end": day(days=7)}, "end", ""),
        ({"end": "domani"}, "end", ""),
    ],
)
async def test_what_is_wrong_with_an_official_is_said_at_the_field_and_what_was_written_stays(
    visit, fields: dict[str, str], field: str, words: str
) -> None:
    mayor = await visit("representative", VARESE)

    answer = await mayor.send(
        f"/my-body/{VARESE}", f"/my-body/{VARESE}/delegates", **official(**{"name": "Rosa Neri"} | fields)
    )

    assert answer.status_code == 422
    assert f'href="#f-{field}"' in answer.text and words in answer.text
    assert "Rosa Neri" in answer.text or field == "name"


async def test_the_same_form_twice_lets_one_official_in(service, visit) -> None:
    mayor = await visit("representative", VARESE)
    action = f"/my-body/{VARESE}/delegates"
    fields = hidden((await mayor.get(f"/my-body/{VARESE}")).text, action) | official(name=f"Una Sola {new_id()}")

    answers = [await mayor.http.post(action, data=fields) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [303, 303]
    assert await service.database["persons"].count_documents({"name": fields["name"]}) == 1


async def test_a_fiscal_code_is_kept_in_capitals_and_only_as_a_digest(service, visit) -> None:
    mayor, person = await visit("representative", VARESE), official(identity="rssmra80a01f205x")

    await mayor.send(f"/my-body/{VARESE}", f"/my-body/{VARESE}/delegates", **person)

    row = await service.database["persons"].find_one({"email": person["email"]})
    access = await service.database["access"].find_one({"_id": row["_id"]})
    assert access["credentials"] == [identity(service.settings.oidc_issuer, "RSSMRA80A01F205X")]
    assert "RSSMRA80A01F205X" not in str(row).upper()


async def test_officials_and_strangers_change_nothing(visit) -> None:
    clerk, other = await visit("official", VARESE), await visit("representative", BERGAMO)
    token = hidden((await other.get(f"/my-body/{BERGAMO}")).text, f"/my-body/{BERGAMO}/delegates")
    seen = (await clerk.get(f"/my-body/{VARESE}")).text

    assert 'action="/my-body' not in seen
    assert (await clerk.http.post(f"/my-body/{VARESE}/delegates", data=official())).status_code == 403
    assert (await other.http.post(f"/my-body/{VARESE}/delegates", data=official() | token)).status_code == 404
    assert (await other.get(f"/my-body/{VARESE}")).status_code == 404


async def test_the_secretariat_names_the_mayor_who_then_sees_the_form(service, visit) -> None:
    secretariat, mayor = await visit("secretariat"), await visit("none")
    form, code = await known(service, mayor), "013097"

    named = await secretariat.send(f"/bodies/{code}", f"/bodies/{code}/representatives", **form)
    service.principals.forget()
    page = await mayor.get("/my-body")
    seen = await mayor.get(page.headers["location"])
    gone = await secretariat.send(f"/bodies/{code}", f"/bodies/{code}/representatives/{mayor.id}/removal")
    service.principals.forget()

    told = [row["body"].decode() async for row in service.database["outbox"].find({"key": mayor.id})]
    assert all('"delegation":{"role":"representative"' in each and f'"by":"{secretariat.id}"' in each for each in told)
    assert named.status_code == 303 and len(told) == 2
    assert page.headers["location"] == f"/my-body/{code}"
    assert "Invia la registrazione" in seen.text
    assert gone.status_code == 303
    assert (await mayor.get("/my-body")).status_code == 403


async def test_the_register_is_searched_by_name_province_state_and_phase(visit) -> None:
    monitor = await visit("monitor")

    named = (await monitor.get("/bodies?q=viggiu")).text
    approved = (await monitor.get("/bodies?province=BG&status=approved&phase=3")).text
    nothing = (await monitor.get("/bodies?q=atlantide")).text
    first = (await monitor.get("/bodies?province=VA")).text
    following = re.search(r'href="(/bodies\?[^"]*cursor=[^"]*)" rel="next"', first)

    assert "Viggiù" in named and "Non registrato" in named
    assert "Bergamo" in approved and 'href="/bodies/016024"' in approved
    assert "Nessun ente ha questo nome" in nothing
    assert following is not None
    second = (await monitor.get(following.group(1).replace("&amp;", "&"))).text
    assert 'href="/bodies/012001"' in first and 'href="/bodies/012001"' not in second


async def test_the_pages_of_a_merger_lead_to_the_successor_and_back(visit) -> None:
    monitor, official = await visit("monitor"), await visit("official", "013256")

    ended = (await monitor.get("/bodies/013199")).text
    new = (await monitor.get("/bodies/013256")).text
    own = (await official.get("/my-body/013199")).text
    chosen = await official.get("/my-body")

    assert "non esiste più" in ended and 'href="/bodies/013256"' in ended and "31 dicembre 2023" in ended
    assert "È subentrato a:" in new and 'href="/bodies/013199"' in new and 'href="/bodies/013228"' in new
    assert 'href="/my-body/013256"' in own and "non si possono più inviare richieste" in own
    assert chosen.headers["location"] == "/my-body/013256"


async def test_a_body_outside_the_running_phase_reads_when_it_enters_before_it_writes_a_request(service, visit) -> None:
    parts, code = service.app.state.parts, "017029"
    official = await visit("official", code)
    found: dict[str, Any] = {"_id": body_id(code), "code": code, "status": "approved", "phase": None, "version": 1}
    found |= {"admitted_at": None, "measured_at": None, "protocol": None, "decision": None}
    await service.database[BODIES].insert_one(found)
    programme, early = parts.programme, Programme(1, (Phase(1, "listed"), Phase(2, "measured"), Phase(3, "all")))
    object.__setattr__(parts, "programme", early)
    try:
        page = (await official.get(f"/my-body/{code}")).text
        form = (await official.get("/requests/new")).text
    finally:
        object.__setattr__(parts, "programme", programme)

    assert "Quando l’ente può entrare" in page and "fase 2" in page and "fase 3" in page
    assert "inviando i dati su durate e arretrato" in form
    assert "Quando l’ente può entrare" not in (await official.get(f"/my-body/{code}")).text


@pytest.mark.parametrize(
    ("role", "scope", "mine", "register", "registrations"),
    [
        ("representative", VARESE, True, True, False),
        ("official", VARESE, True, True, False),
        ("secretariat", None, False, True, True),
        ("monitor", None, False, True, False),
    ],
)
async def test_home_and_navigation_lead_to_what_the_role_may_do(
    visit, role, scope, mine, register, registrations
) -> None:
    home = (await (await visit(role, scope)).get("/")).text

    assert ('href="/my-body"' in home, 'href="/bodies"' in home, 'href="/bodies/registrations"' in home) == (
        mine, register, registrations,
    )  # fmt: skip
