"""Experts from a sheet: a line whole or not at all, faults with their column, and nothing doubled."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from contracts.envelope import derived_id
from services.chassis.mongo import Document
from services.routing.directory import Directory
from services.routing.pages import sheets
from services.routing.store import EXPERTS
from tests.routing.material import OTHER, THEME, Routing, person
from tests.routing.test_desk_pages import text_of, token_of

PATH = "/api/experts/import"
HEADER = (
    "email;nome;task_force;temi;procedure;tipi;province;provincia;posti;ore_settimanali;giorni;contratto_dal;"
    "contratto_al"
)
ANNA = (
    f"anna@esperti.example;Anna Bianchi;{THEME};{THEME}:4|{OTHER}:2;;tecnica legale;VA CO;VA;5;12,5;lun mar;"
    "2026-01-01;2026-12-31"
)
BEA = f"bea@esperti.example;Bea Rossi;{THEME};{THEME}:3;;legale;;;2;;;;"


class Intake:
    """Stands in for intake: who is known, and who was created."""

    def __init__(self) -> None:
        self.known: dict[str, str] = {}
        self.created: list[str] = []

    def answer(self, request: httpx.Request) -> httpx.Response:
        import json

        asked = json.loads(request.content)
        items = [self._one(one, asked["dry_run"]) for one in asked["experts"]]
        return httpx.Response(200, json={"items": items})

    def _one(self, one: dict[str, Any], dry_run: bool) -> dict[str, Any]:
        if "id" in one or one["email"] in self.known:
            return {"id": one.get("id") or self.known[one["email"]], "name": "", "outcome": "known"}
        if not one.get("name"):
            return {"id": None, "name": "", "outcome": "unknown"}
        id = derived_id("expert", one["email"])
        if not dry_run:
            self.known[one["email"]] = id
            self.created.append(one["email"])
        return {"id": id, "name": one["name"], "outcome": "created"}


@pytest.fixture
def intake(routing: Routing, monkeypatch: pytest.MonkeyPatch) -> Iterator[Intake]:
    """What the routes ask for persons."""
    stand_in = Intake()

    async def enrol(self: Directory, people: Any, *, dry_run: bool) -> Any:
        client = Directory(routing.service.settings, httpx.MockTransport(stand_in.answer))
        try:
            return await real(client, people, dry_run=dry_run)
        finally:
            await client.stop()

    real = Directory.enrol
    monkeypatch.setattr(Directory, "enrol", enrol)
    return stand_in


async def send(
    routing: Routing, *lines: str, name: str = "sara", header: str = HEADER, query: str = "", end: str = "\r\n"
) -> Document:
    content = "\ufeff" + end.join([header, *lines])
    async with routing.api(name) as api:
        answer = await api.post(
            PATH + query, content=content.encode(), headers={"Content-Type": "text/csv", "Accept-Language": "it"}
        )
    return {"status": answer.status_code, **answer.json()}


async def stored(routing: Routing) -> list[Document]:
    return [row async for row in routing.database[EXPERTS].find().sort("_id", 1)]


@pytest.fixture
async def sara(routing: Routing) -> str:
    return await routing.grant("sara", "secretariat")


async def test_a_dry_run_says_what_would_become_of_each_line_and_writes_nothing(routing, intake, sara) -> None:
    told = await send(routing, ANNA, BEA, query="?dry_run=true")

    assert (told["status"], told["dry_run"], told["counts"]["created"]) == (200, True, 2)
    assert [item["line"] for item in told["items"]] == [2, 3]
    assert await stored(routing) == [] == intake.created


@pytest.mark.parametrize("end", ["\n", "\r", "\r\n"])
async def test_lines_may_end_as_any_spreadsheet_ends_them(routing, intake, sara, end) -> None:
    told = await send(routing, ANNA, BEA, query="?dry_run=true", end=end)

    assert (told["status"], [item["line"] for item in told["items"]]) == (200, [2, 3])
    assert told["counts"]["created"] == 2


async def test_a_line_becomes_a_whole_profile(routing, intake, sara) -> None:
    await send(routing, ANNA)

    (anna,) = await stored(routing)
    assert anna["_id"] == derived_id("expert", "anna@esperti.example")
    assert anna["themes"] == [{"code": THEME, "level": 4}, {"code": OTHER, "level": 2}]
    assert (anna["kinds"], anna["provinces"], anna["home"]) == (["legal", "technical"], ["CO", "VA"], "VA")
    assert (anna["capacity"], anna["weekly_hours"], anna["working_days"], anna["active"]) == (5, 12.5, [0, 1], True)
    assert anna["contract"] == {"from": "2026-01-01", "to": "2026-12-31"}


async def test_the_same_sheet_sent_again_changes_nothing(routing, intake, sara) -> None:
    await send(routing, ANNA, BEA)
    before = await stored(routing)

    told = await send(routing, ANNA, BEA)

    assert told["counts"] == {"created": 0, "updated": 0, "unchanged": 2, "refused": 0}
    assert await stored(routing) == before
    assert len(intake.created) == 2


async def test_a_changed_line_changes_its_expert_and_an_empty_cell_nothing(routing, intake, sara) -> None:
    await send(routing, ANNA)

    told = await send(routing, ANNA.replace(";5;12,5;", ";7;;"))

    assert told["counts"]["updated"] == 1
    (anna,) = await stored(routing)
    assert (anna["capacity"], anna["weekly_hours"]) == (7, 12.5)


async def test_faults_name_line_column_and_nearest_codes_and_spare_the_other_lines(routing, intake, sara) -> None:
    wrong = f"carlo@esperti.example;Carlo;{THEME};site-remediatoin:3;;tecnica;XX;;molti;;;;"
    unclear = f"niente;Dora;{THEME};{THEME};;tecnica;;;3;;;;"
    nobody = f"ignoto@esperti.example;;{THEME};{THEME}:1;;tecnica;;;3;;;;"
    twice = BEA.replace(";2;", ";4;")

    told = await send(routing, wrong, BEA, unclear, nobody, twice)

    lines = {item["line"]: item for item in told["items"]}
    faults = {line: {fault["column"]: fault["detail"] for fault in item["errors"]} for line, item in lines.items()}
    assert faults[2].keys() == {"temi", "province", "posti"}
    assert THEME in faults[2]["temi"]
    assert faults[2]["posti"] == "Serve un numero."
    assert faults[4].keys() == {"temi", "email"}
    assert faults[5].keys() == faults[6].keys() == {"email"}
    assert "nome" in faults[5]["email"] and "riga precedente" in faults[6]["email"]
    assert [lines[line]["outcome"] for line in (2, 3, 4, 5, 6)] == ["refused", "created", *["refused"] * 3]
    assert [row["capacity"] for row in await stored(routing)] == [2]
    assert intake.created == ["bea@esperti.example"]


async def test_a_coordinator_imports_for_the_own_task_force_alone(routing, intake) -> None:
    await routing.grant("carla", "coordinator", "task_force", THEME)
    foreign = await routing.expert("otto", task_forces=[OTHER])
    header = HEADER.replace("email;nome", "persona")

    told = await send(
        routing,
        f"{person('new')};{THEME};{THEME}:3;;tecnica;;;2;;;;", f"{person('n2')};{OTHER};{OTHER}:3;;tecnica;;;2;;;;",
        f"{foreign};{THEME};{THEME}:3;;tecnica;;;2;;;;", name="carla", header=header,
    )  # fmt: skip

    assert [item["outcome"] for item in told["items"]] == ["created", "refused", "refused"]
    assert {row["_id"] for row in await stored(routing)} == {person("new"), foreign}


@pytest.mark.parametrize("header", ["", "nome;posti", "email;task_force;temi;tipi;posti;quota", "\x00"])
async def test_what_is_no_sheet_is_refused(routing, intake, sara, header) -> None:
    assert (await send(routing, ANNA, header=header))["status"] == 422
    assert await stored(routing) == []


async def test_a_hundred_and_twenty_lines_go_in_parts_and_each_is_told(routing, intake, sara) -> None:
    lines = [BEA.replace("bea@", f"bea{n}@") for n in range(120)]

    told = await send(routing, *lines)

    assert told["counts"]["created"] == 120
    assert [item["line"] for item in told["items"]] == list(range(2, 122))
    assert len(await stored(routing)) == 120


async def test_without_intake_nothing_is_imported_and_the_sender_is_told_to_try_again(routing, sara) -> None:
    told = await send(routing, ANNA)

    assert told["status"] == 503
    assert await stored(routing) == []


async def test_the_page_checks_first_and_then_imports_the_same_sheet(routing, intake, sara) -> None:
    wrong = BEA.replace(":3", "")
    async with routing.browser("sara") as browser:
        token = {"csrf_token": token_of(await browser.get("/desk/experts/import"))}
        sheet = ("sheet.csv", "\n".join([HEADER, ANNA, wrong]).encode(), "text/csv")
        nothing = await browser.post("/desk/experts/import", data=token, files={"other": sheet})
        checked = await browser.post("/desk/experts/import", data=token | {"step": "check"}, files={"file": sheet})
        before = await stored(routing)
        text = "\n".join([HEADER, ANNA, wrong])
        done = await browser.post("/desk/experts/import", data=token | {"step": "import", "sheet": text})

    assert nothing.status_code == 422
    assert "Solo controllato" in text_of(checked) and "temi" in text_of(checked)
    assert before == []
    assert "Importato" in text_of(done)
    assert [row["capacity"] for row in await stored(routing)] == [5]


async def test_the_largest_sheet_that_is_checked_can_be_imported(routing, intake, sara) -> None:
    filling = "\n".join("x" * 150 for _ in range(1_700))
    text = "\n".join([HEADER, ANNA, filling])[: sheets.LARGEST]
    async with routing.browser("sara") as browser:
        page = await browser.get("/desk/experts/import")
        token = {"csrf_token": (None, token_of(page))}
        file = {"file": ("sheet.csv", text.encode(), "text/csv"), "step": (None, "check")}
        checked = await browser.post("/desk/experts/import", files=token | file)
        # As a browser sends the second form: several parts, the sheet being one of them.
        done = await browser.post(
            "/desk/experts/import", files=token | {"step": (None, "import"), "sheet": (None, text)}
        )

    assert len(text.encode()) == sheets.LARGEST
    assert (checked.status_code, done.status_code) == (200, 200)
    assert [row["capacity"] for row in await stored(routing)] == [5]


FORM: dict[str, Any] = {
    "email": "anna@esperti.example", "name": "Anna Bianchi", "task_forces": [THEME], f"themes-{THEME}": "4",
    "procedures-end-of-waste": "", "kinds": ["technical"], "provinces": ["VA", "CO"], "home": "VA", "capacity": "5",
    "weekly_hours": "12,5", "working_days": ["1", "2"], "languages": "it, en", "contract_from": "2026-01-01",
    "contract_to": "", "conflict_bodies": "012133", "conflict_companies": "", "active": "yes",
}  # fmt: skip


async def test_an_expert_is_added_and_changed_by_page_and_a_lost_race_is_told(routing, intake, sara) -> None:
    async with routing.browser("sara") as browser:
        token = {"csrf_token": token_of(await browser.get("/desk/experts/new"))}
        made = await browser.post("/desk/experts/new", data=token | FORM)
        again = await browser.post("/desk/experts/new", data=token | FORM)
        address = made.headers["location"].partition("?")[0]
        page = await browser.get(address)
        saved = await browser.post(address, data=token | FORM | {"capacity": "6", "version": "1"})
        late = await browser.post(address, data=token | FORM | {"capacity": "9", "version": "1"})
        listed = await browser.get(f"/desk/experts?task_force={THEME}")

    (anna,) = await stored(routing)
    assert (made.status_code, saved.status_code) == (303, 303)
    assert again.status_code == 409
    assert 'name="version" value="1"' in page.text and 'value="12,5"' in page.text
    assert (late.status_code, anna["capacity"], anna["version"]) == (412, 6, 2)
    assert "Nel frattempo qualcun altro" in text_of(late) and 'value="6"' in late.text
    assert (anna["provinces"], anna["conflicts"]["bodies"], anna["languages"]) == (
        ["CO", "VA"],
        ["012133"],
        ["en", "it"],
    )
    assert f'href="{address}"' in listed.text


async def test_wrong_fields_come_back_with_what_was_written(routing, intake, sara) -> None:
    wrong = FORM | {"capacity": "molti", "conflict_bodies": "999999", f"themes-{THEME}": ""}
    async with routing.browser("sara") as browser:
        token = {"csrf_token": token_of(await browser.get("/desk/experts/new"))}
        page = await browser.post("/desk/experts/new", data=token | wrong)

    assert page.status_code == 422
    assert 'href="#f-capacity"' in page.text and 'value="molti"' in page.text
    assert await stored(routing) == [] == intake.created


async def test_a_coordinator_reads_the_experts_of_others_and_changes_the_own(routing, intake) -> None:
    await routing.grant("carla", "coordinator", "task_force", THEME)
    foreign, own = await routing.expert("otto", task_forces=[OTHER]), await routing.expert("olga")
    async with routing.browser("carla") as browser:
        page = await browser.get(f"/desk/experts/{foreign}")
        token = {"csrf_token": token_of(page)}
        refused = await browser.post(f"/desk/experts/{foreign}", data=token | FORM | {"version": "1"})
        saved = await browser.post(f"/desk/experts/{own}", data=token | FORM | {"version": "1"})

    assert "Salvare" not in text_of(page)
    assert (refused.status_code, saved.status_code) == (403, 303)
