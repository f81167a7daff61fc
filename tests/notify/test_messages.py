"""Every message in both languages: nothing missing, the right grammar, safe HTML, one line in the catalogue."""

import re
from email.message import EmailMessage

import pytest
from babel.messages.extract import extract_from_file
from babel.messages.pofile import read_po

from contracts.assignments import AssignmentAccepted, AssignmentOffered, AssignmentReminded, RequestUnroutable
from contracts.catalogue import EVENT_TYPES
from contracts.envelope import Event, derived_id, event_type
from contracts.mail_references import read_message_id
from contracts.mails import MailReported
from contracts.requests import (
    RequestClosed,
    RequestFileQuarantined,
    RequestInformationAsked,
    RequestInformationProvided,
    RequestMerged,
    RequestMessagePosted,
    RequestReopened,
    RequestResolved,
    RequestSubmitted,
    RequestWithdrawn,
)
from contracts.service_levels import DeadlineAtRisk, DeadlineBreached
from contracts.talks import TalkBooked, TalkCancelled, TalkMoved
from services.notify.consumers import EVENTS
from services.notify.main import FOLDER
from services.notify.messages import APPOINTMENTS, LINES, MESSAGES, OF_NO_REQUEST, told
from services.notify.texts import Texts
from tests.notify.material import (
    COORDINATOR,
    LEAD,
    NOW,
    OFFICIAL,
    REQUEST,
    TALK_AT,
    THEME,
    about_assignment,
    about_deadline,
    about_request,
    about_talk,
    an_event,
    granted,
    id_of,
    said,
)

TEXTS = Texts(FOLDER)
SUBMITTED = about_request(RequestSubmitted)
RETURNED = derived_id(SUBMITTED.id, OFFICIAL, "email", "received")
BOUNCE = an_event(
    MailReported, RETURNED, 1,
    {"delivery": RETURNED, "request": REQUEST, "number": "2026-000123", "fate": "failed", "code": "5.1.1", "at": NOW},
)  # fmt: skip
CAUSES: dict[str, tuple[Event, str]] = {
    "received": (SUBMITTED, OFFICIAL),
    "taken": (about_assignment(AssignmentAccepted), OFFICIAL),
    "answer": (about_request(RequestMessagePosted, 2, **said("expert")), OFFICIAL),
    "requester-wrote": (about_request(RequestMessagePosted, 3, lead=LEAD, **said("requester")), LEAD),
    "question": (about_request(RequestInformationAsked, 2, **said("expert")), OFFICIAL),
    "information": (about_request(RequestInformationProvided, 2, lead=LEAD, **said("requester")), LEAD),
    "resolved": (about_request(RequestResolved, 2, outcome="partly_solved", message=id_of("message")), OFFICIAL),
    "merged": (about_request(RequestMerged, 2, into=id_of("other"), into_number="2026-000100"), OFFICIAL),
    "reopened": (about_request(RequestReopened, 2, lead=LEAD), LEAD),
    "closed": (about_request(RequestClosed, 2, lead=LEAD, rating=4), LEAD),
    "withdrawn": (about_request(RequestWithdrawn, 2, lead=LEAD), LEAD),
    "file-quarantined": (
        about_request(RequestFileQuarantined, 8, attachment=id_of("file"), uploader=OFFICIAL, visibility="shared"),
        OFFICIAL,
    ),
    "offer": (about_assignment(AssignmentOffered), LEAD),
    "reminder": (about_assignment(AssignmentReminded), LEAD),
    "unroutable": (
        about_assignment(RequestUnroutable, expert=None, status="unroutable", reason="no_capacity"),
        COORDINATOR,
    ),
    "talk-booked": (about_talk(TalkBooked, 5), OFFICIAL),
    "talk-moved": (about_talk(TalkMoved, 6, previous_starts_at=TALK_AT), OFFICIAL),
    "talk-cancelled": (about_talk(TalkCancelled, 7, reason="lead_changed", status="cancelled"), OFFICIAL),
    "undelivered": (BOUNCE, COORDINATOR),
    "deadline-at-risk": (about_deadline(DeadlineAtRisk), LEAD),
    "deadline-breached": (about_deadline(DeadlineBreached), COORDINATOR),
}


@pytest.mark.parametrize("language", ["it", "en"])
async def test_a_mail_of_each_kind_says_everything_in_the_readers_language(notify, language) -> None:
    notify.intake.languages = dict.fromkeys((OFFICIAL, LEAD, COORDINATOR), language)
    await notify.hear(granted(COORDINATOR, "coordinator", THEME))
    await notify.hear(*(event for event, _ in CAUSES.values() if event != BOUNCE))

    await notify.work()
    await notify.work(BOUNCE)

    sent = {row["_id"]: row for row in await notify.rows("deliveries") if row["sent_at"]}
    assert len(sent) == len(await notify.rows("deliveries")) == len(notify.post.raw)
    assert {row["message"] for row in sent.values()} == CAUSES.keys()
    assert all(CAUSES[row["message"]][1] == row["recipient"] for row in sent.values() if row["recipient"] != LEAD)
    for mail in notify.mails:
        reference = read_message_id("k" * 40, mail["message-id"])
        assert reference is not None
        row = sent[reference.delivery]
        assert mail["subject"] == f"[2026-000123] {TEXTS.title(row['message'], language)}"
        says_everything(mail, row["message"], language)


def says_everything(mail: EmailMessage, code: str, language: str) -> None:
    plain, html = (mail.get_body((kind,)).get_content().replace("\r\n", "\n") for kind in ("plain", "html"))
    words = " ".join(plain.split())
    assert "VIA: qual è <il> termine?" in words
    assert "&lt;il&gt;" in html and "<il>" not in html and "<b>x" not in html
    assert not re.search(r"None|[{}]|Undefined", plain)
    link = "desk/assignments/" + id_of("assignment") if code in ("offer", "reminder") else "requests/2026-000123"
    link = "desk/requests/2026-000123/talks" if code in APPOINTMENTS else link
    assert f"\nhttp://affianca.test/{link}\n" in plain
    assert f'href="http://affianca.test/{link}"' in html and 'href="https://evil' not in html
    polite = (
        ("Gentile ", "Riceve questo messaggio perché") if language == "it" else ("Dear ", "You receive this message")
    )
    assert all(phrase in words for phrase in polite)
    assert re.search("(del|il) Comune di Bergamo" if language == "it" else "the Comune di Bergamo", words)
    why = next(part for part in plain.split("\n\n") if part.startswith(polite[1][:12]))
    assert " ".join(why.split()).endswith("1000 Esperti.")
    assert max(map(len, plain.splitlines())) < 110


def test_every_message_is_caused_by_an_event_that_is_listened_to_and_has_a_template() -> None:
    heard = {event_type(entry.model) for entry in EVENTS}

    assert {line.message for line in LINES} == MESSAGES.keys() == CAUSES.keys() | OF_NO_REQUEST
    assert {line.event for line in LINES} <= heard <= EVENT_TYPES.keys()
    assert {path.stem for path in (FOLDER / "templates" / "mail").glob("*.txt")} == MESSAGES.keys() | {"frame"}


def test_every_text_of_a_mail_has_an_italian_translation_with_the_same_values() -> None:
    with (FOLDER / "locale" / "it.po").open("rb") as file:
        italian = {entry.id: entry.string for entry in read_po(file) if isinstance(entry.id, str)}
    missing = []
    for path in sorted((FOLDER / "templates" / "mail").glob("*.txt")):
        for _, text, _, _ in extract_from_file("jinja2.ext:babel_extract", path, keywords={"_": None}):
            wanted, found = (set(re.findall(r"{(\w+)}", words)) for words in (text, italian.get(text) or ""))
            if not italian.get(text) or wanted != found:
                missing.append((path.name, text))

    assert not missing


def test_the_catalogue_tells_only_what_people_of_both_sides_wrote() -> None:
    kind = event_type(RequestMessagePosted)
    internal = told(kind, said("expert", visibility="internal"))
    automatic = told(kind, said("expert", automatic=True))
    system = told(kind, said("system"))
    shared = told(kind, said("coordinator"))

    assert (internal, automatic, system) == ([], [], [])
    assert [line.message for line in shared] == ["answer"]
