"""Many requests from one file: each line whole or not at all, nothing twice, faults told by line and column."""

import json
from io import BytesIO
from typing import Any

import pytest

from contracts.envelope import new_id
from services.intake.domain.tables import Unusable, read_header
from services.intake.handlers import importing
from services.intake.handlers.line_reading import texts
from tests.intake.conftest import ADMIN_KEY, SARONNO, VARESE, Town

HEADER = "ente;tipo;oggetto;descrizione;tema;id_esterno"


def a_line(subject: str = "Bonifica", body: str = VARESE, id: str = "", **cells: str) -> str:
    return ";".join((body, cells.get("kind", "tecnica"), subject, cells.get("text", "Serve un parere."),
                     cells.get("theme", "site-remediation"), id))  # fmt: skip


async def sent(town: Town, text: str | bytes, query: str = "", key: str = ADMIN_KEY) -> tuple[list[Any], Any]:
    content = text.encode() if isinstance(text, str) else text
    headers, address = {"Content-Type": "text/csv"}, f"/api/requests/import{query or '?'}&lang=en"
    answer = await town.call("POST", address, key, content=content, headers=headers)
    assert answer.status_code == 200, answer.text
    lines = [json.loads(line) for line in answer.text.splitlines()]
    return lines[:-1], lines[-1]["summary"]


async def stored(town: Town, subject: str) -> list[Any]:
    return [row async for row in town.service.database["requests"].find({"title": subject})]


@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
@pytest.mark.parametrize("delimiter", [";", ",", "\t"])
async def test_a_file_as_spreadsheets_write_it_becomes_requests(town: Town, mark: bytes, delimiter: str) -> None:
    subject = f"Città e perché {new_id()}"
    rows = [
        [
            "Codice ISTAT",
            "Tipo di assistenza",
            "Oggetto",
            "Descrizione",
            "Urgenza",
            "Numero protocollo",
            "Data protocollo",
        ],
        [VARESE, "Legale", subject, '"Prima riga; con, segni\nseconda ""riga"""', "alta", "12/2026", "3/11/2026"],
    ]

    reports, summary = await sent(town, mark + "\r\n".join(delimiter.join(row) for row in rows).encode())

    assert (summary["imported"], summary["refused"], summary["stopped"]) == (1, 0, None)
    [request] = await stored(town, subject)
    assert request["description"] == 'Prima riga; con, segni\nseconda "riga"'
    assert (request["kind"], request["urgency"], request["channel"]) == ("legal", "high", "api")
    assert request["protocol"] == {"number": "12/2026", "date": "2026-11-03", "registry": ""}
    assert reports == [{"line": 2, "external_id": None, "status": "imported", "number": request["number"]}]


async def test_the_same_file_again_and_a_corrected_one_double_nothing(town: Town) -> None:
    one, two, three = (f"{name} {new_id()}" for name in ("a", "b", "c"))
    wrong = a_line(three, theme="site-remediatoin")
    file = "\n".join((HEADER, a_line(one, id=f"id-{one}"), a_line(two), a_line(two), wrong))

    first, told = await sent(town, file)
    _, again = await sent(town, file)
    _, corrected = await sent(town, file.replace("remediatoin", "remediation"))

    assert [told[name] for name in ("imported", "already", "refused")] == [3, 0, 1]
    assert [again[name] for name in ("imported", "already", "refused")] == [0, 3, 1]
    assert [corrected[name] for name in ("imported", "already", "refused")] == [1, 3, 0]
    assert [len(await stored(town, subject)) for subject in (one, two, three)] == [1, 2, 1]
    [fault] = first[3]["errors"]
    assert (fault["column"], fault["pointer"]) == ("tema", "/theme")
    assert "site-remediation" in fault["nearest"]


async def test_lines_may_end_as_spreadsheets_of_a_macintosh_end_them(town: Town) -> None:
    one, two = (f"{name} {new_id()}" for name in ("a", "b"))
    file = "\r".join((HEADER, a_line(one, text='"Prima riga\rseconda"'), a_line(two), ""))

    reports, summary = await sent(town, file)

    assert (summary["imported"], summary["stopped"]) == (2, None)
    assert [report["line"] for report in reports] == [2, 4]
    assert (await stored(town, one))[0]["description"] == "Prima riga\rseconda"


def test_a_file_without_line_feeds_is_read_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("services.intake.handlers.line_reading._LONGEST_LINE", 16)

    def read(content: bytes) -> list[str]:
        return list(texts(BytesIO(content)))

    assert read(b"uno;due\rtre;quattro\rcinque\r") == ["uno;due\r", "tre;quattro\r", "cinque\r"]
    assert read(b"uno;due\r\ntre;quattro\r\n") == ["uno;due\r\n", "tre;quattro\r\n"]
    for content, line in ((b"uno;due\rtre\xe8;quattro\r", 2), (b"uno\rdue\rlunga-come-nessuna\r", 3)):
        with pytest.raises(Unusable) as fault:
            read(content)
        assert fault.value.line == line


async def test_an_external_id_that_was_used_for_something_else_is_refused(town: Town) -> None:
    id, subject = new_id(), f"x {new_id()}"
    await sent(town, f"{HEADER}\n{a_line(subject, id=id)}")

    reports, summary = await sent(town, f"{HEADER}\n{a_line('Altro', id=id)}\n{a_line('Altro ancora', id=id)}")

    assert summary["refused"] == 2
    assert [line["errors"][0]["column"] for line in reports] == ["id_esterno", "external_id"]


async def test_lines_are_kept_apart_by_batch_and_by_sender(town: Town) -> None:
    subject = f"x {new_id()}"
    file = f"{HEADER}\n{a_line(subject)}"
    _, official = await town.official()

    for query, key in (("", ADMIN_KEY), ("?batch=2", ADMIN_KEY), ("", official)):
        assert (await sent(town, file, query, key))[1]["imported"] == 1

    assert len(await stored(town, subject)) == 3


async def test_a_dry_run_says_the_same_and_stores_nothing(town: Town) -> None:
    subject = f"x {new_id()}"
    file = "\n".join((HEADER, a_line(subject), a_line(subject, body="999999"), a_line("")))

    reports, summary = await sent(town, file, "?dry_run=true")

    assert [line["status"] for line in reports] == ["valid", "refused", "refused"]
    assert [line["line"] for line in reports] == [2, 3, 4]
    assert (summary["valid"], summary["imported"], summary["dry_run"]) == (1, 0, True)
    assert reports[1]["errors"][0]["column"] == "ente"
    assert reports[2]["errors"][0]["column"] == "title" or reports[2]["errors"][0]["column"] == "oggetto"
    assert await stored(town, subject) == []


async def test_officials_import_for_their_own_body_alone(town: Town) -> None:
    mine, theirs = f"x {new_id()}", f"y {new_id()}"
    _, key = await town.official()

    reports, _ = await sent(town, f"{HEADER}\n{a_line(mine)}\n{a_line(theirs, body=SARONNO)}", "", key)

    assert [line["status"] for line in reports] == ["imported", "refused"]
    assert (len(await stored(town, mine)), len(await stored(town, theirs))) == (1, 0)


async def test_coordinators_import_what_reached_them(town: Town) -> None:
    _, key = await town.person({"role": "coordinator", "scope_kind": "programme"})

    _, summary = await sent(town, f"{HEADER}\n{a_line(f'x {new_id()}')}", "", key)

    assert summary["imported"] == 1


async def test_cells_that_spreadsheets_would_run_stay_texts(town: Town) -> None:
    text = f"=cmd|' /C calc'!A0 {new_id()}"

    _, summary = await sent(town, f"{HEADER}\n{a_line(text, text='+39 0332; @SUM(A1)'.replace(';', ','))}")

    [request] = await stored(town, text)
    assert summary["imported"] == 1
    assert (request["title"], request["description"]) == (text, "+39 0332, @SUM(A1)")


@pytest.mark.parametrize(
    ("file", "line", "word"),
    [
        (b"", 1, "column is missing"),
        (b"ente;tipo;oggetto;descrizione;colore\n", 1, "No column has this name"),
        (b"ente;tipo;oggetto;oggetto;descrizione\n", 1, "Two columns"),
        (f"{HEADER}\n{VARESE};tecnica;Perch\xe9;x;;\n".encode("latin-1"), 2, "UTF-8"),
        (f'{HEADER}\n{VARESE};tecnica;"Mai chiuso;x;;\n{VARESE};tecnica;x;x;;\n'.encode(), 2, "quotation mark"),
        (b"x" * 1_000_001, 1, "too long"),
        (b"x" * 200_000, 1, "first line"),
    ],
)  # fmt: skip
async def test_a_file_that_cannot_be_read_is_told_where_and_why(town: Town, file: bytes, line: int, word: str) -> None:
    reports, summary = await sent(town, file)

    assert summary["stopped"]["line"] == line
    assert word in summary["stopped"]["detail"]
    assert summary["imported"] == 0 and not reports


async def test_a_line_with_other_cells_than_the_first_is_told_and_the_next_one_taken(town: Town) -> None:
    subject = f"x {new_id()}"

    reports, summary = await sent(town, f"{HEADER}\n{VARESE};tecnica\n\n{a_line(subject)}")

    assert [(line["line"], line["status"]) for line in reports] == [(2, "refused"), (4, "imported")]
    assert summary["stopped"] is None


async def test_a_file_of_too_many_lines_is_taken_up_to_the_limit(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importing, "MOST_LINES", 3)
    subject = f"x {new_id()}"

    _, summary = await sent(town, "\n".join((HEADER, *(a_line(f"{subject} {n}") for n in range(6)))))

    assert summary["imported"] == 3
    assert "more than 3 lines" in summary["stopped"]["detail"]


@pytest.mark.parametrize("at_once", [2, 3, 250])
async def test_a_file_of_exactly_the_limit_is_not_too_long(town: Town, monkeypatch, at_once: int) -> None:
    monkeypatch.setattr(importing, "MOST_LINES", 3)
    monkeypatch.setattr(importing, "_AT_ONCE", at_once)
    lines = [a_line(f"x {new_id()}") for _ in range(4)]

    _, whole = await sent(town, "\n".join((HEADER, *lines[:3])))
    _, longer = await sent(town, "\n".join((HEADER, *lines)))

    assert (whole["imported"], whole["stopped"]) == (3, None)
    assert (longer["already"], longer["stopped"]["line"]) == (3, 5)


async def test_a_dry_run_says_the_same_of_a_key_that_stands_twice_far_apart(town: Town, monkeypatch) -> None:
    monkeypatch.setattr(importing, "_AT_ONCE", 2)
    twice = new_id()
    subjects = [twice, new_id(), new_id(), twice, f"{twice} altro"]
    file = "\n".join((HEADER, *(a_line(name, id=twice if twice in name else "") for name in subjects)))

    looked, _ = await sent(town, file, "?dry_run=true")
    taken, _ = await sent(town, file)

    assert [line["status"] for line in taken] == ["imported", "imported", "imported", "refused", "refused"]
    assert [line["errors"] for line in taken[3:]] == [line["errors"] for line in looked[3:]]
    assert "line 2 already" in taken[4]["errors"][0]["detail"]


async def test_another_kind_of_body_and_one_that_is_too_large_are_refused(town: Town) -> None:
    json_body = await town.call("POST", "/api/requests/import", json={})
    large = await town.call(
        "POST", "/api/requests/import", content=b"x", headers={"Content-Type": "text/csv", "Content-Length": "60000000"}
    )

    assert (json_body.status_code, large.status_code) == (415, 413)


def test_a_column_that_is_nearly_right_is_told_its_name() -> None:
    with pytest.raises(Unusable) as fault:
        read_header("ente;tipo;oggetto;descrizzione")

    assert "descrizione" in fault.value.nearest
