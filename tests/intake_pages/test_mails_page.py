"""Mails that wait: seen by who decides about them, decided once, never shown as they would like to be."""

from contracts.envelope import new_id
from services.chassis.service import Service
from services.intake.handlers.mails import Door, receive
from services.intake.mailbox.settings import MailSettings
from tests.intake_pages.conftest import BERGAMO, ask, hidden

DOOR = Door("assistenza@affianca.example", "k" * 40, MailSettings())


async def came(service: Service, subject: str, text: str = "Aiuto.") -> str:
    """A mail of a stranger; its id."""
    head = f"From: <b>x</b> <{new_id()}@altrove.example>\r\nSubject: {subject}\r\nMessage-ID: <{new_id()}@x>"
    raw = f"{head}\r\n\r\n{text}"
    assert (await receive(service.app.state.parts, DOOR, raw.encode(), "x@altrove.example", DOOR.own)).code == 250
    row = await service.database["mails"].find_one({"author.subject": subject})
    assert row is not None
    return str(row["_id"])


async def test_the_secretariat_sees_what_waits_and_makes_a_request_of_it(service, visit) -> None:
    secretariat = await visit("secretariat")
    id = await came(service, "Aiuto <script>alert(1)</script>")

    page = await secretariat.get("/mails?state=quarantined")
    wrong = await secretariat.send("/mails?state=quarantined", f"/mails/{id}/request", body="nowhere")
    sent = await secretariat.send("/mails?state=quarantined", f"/mails/{id}/request", body=BERGAMO)
    after = await secretariat.get(sent.headers["location"])

    row = await service.database["mails"].find_one({"_id": id})
    assert "Aiuto &lt;script&gt;" in page.text and "<script>alert" not in page.text
    assert "Il mittente non è registrato." in page.text
    assert wrong.status_code == 422 and 'aria-current="page" href="/mails?state=quarantined"' in wrong.text
    assert 'value="nowhere"' in wrong.text and f'href="#f-body-{id}"' in wrong.text
    assert sent.status_code == 303 and "È diventata una richiesta." in after.text
    assert row is not None
    assert await service.database["requests"].count_documents({"_id": row["request"], "body": BERGAMO}) == 1


async def test_a_coordinator_adds_a_mail_to_a_request_and_cannot_open_one(service, visit) -> None:
    coordinator = await visit("coordinator")
    number = await ask(await visit("official", BERGAMO))
    id = await came(service, f"Per la pratica {new_id()}")

    page = await coordinator.get("/mails?state=quarantined")
    unnamed = await coordinator.send("/mails?state=quarantined", f"/mails/{id}/message")
    sent = await coordinator.send("/mails?state=quarantined", f"/mails/{id}/message", number=number)

    assert f"/mails/{id}/request" not in page.text
    assert unnamed.status_code == 422 and "Indichi la richiesta" in unnamed.text
    assert sent.status_code == 303
    assert "Aiuto." in (await coordinator.get(f"/requests/{number}")).text


async def test_a_mail_is_decided_once_and_officials_see_none(service, visit) -> None:
    secretariat, official = await visit("secretariat"), await visit("official", BERGAMO)
    id = await came(service, f"Pubblicità {new_id()}")
    page = "/mails?state=quarantined"
    fields = (await secretariat.get(page)).text

    first = await secretariat.send(page, f"/mails/{id}/refusal")
    second = await secretariat.http.post(f"/mails/{id}/refusal", data=hidden(fields, f"/mails/{id}/refusal"))

    assert first.status_code == 303
    assert second.status_code == 409 and "Qualcuno ha già deciso" in second.text
    assert (await official.get("/mails")).status_code == 403


async def test_the_text_is_read_before_deciding_and_never_as_the_mail_would_like(service, visit) -> None:
    coordinator, official = await visit("coordinator"), await visit("official", BERGAMO)
    id = await came(service, f"Testo {new_id()}", "Ecco <b>il testo</b>.")

    text = await coordinator.get(f"/mails/{id}/text")

    assert "Ecco &lt;b&gt;il testo&lt;/b&gt;." in text.text
    assert (await official.get(f"/mails/{id}/text")).status_code == 403
    assert (await coordinator.get(f"/mails/{new_id()}/text")).status_code == 404


async def test_an_empty_list_does_not_say_that_nothing_waits_while_another_list_has_mails(service, visit) -> None:
    coordinator = await visit("coordinator")
    await came(service, f"In quarantena {new_id()}")

    page = await coordinator.get("/mails?state=held")

    assert "Questo elenco è vuoto" in page.text
    assert "Nessuna e-mail in attesa" not in page.text
    assert "In quarantena&nbsp;(" in page.text


async def test_navigation_leads_to_the_mails_those_who_decide_about_them_alone(visit) -> None:
    leads = {
        role: 'href="/mails"' in (await (await visit(role, scope)).get("/")).text
        for role, scope in [("secretariat", None), ("coordinator", None), ("official", BERGAMO), ("monitor", None)]
    }

    assert leads == {"secretariat": True, "coordinator": True, "official": False, "monitor": False}
