"""The coordinators' board in a browser: the map leads on, an expert's cases move, many bodies get one answer."""

import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Browser

from deploy.local.demo import person_id
from deploy.local.identities import DEMO_BODY, PEOPLE
from tests.e2e.browser import PHONE, Person, at_browser, chromium
from tests.e2e.conftest import World

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(240)]

SUBJECT = {person.role: person.subject for person in PEOPLE}
THEME = "building-planning"
SHOTS = os.environ.get("AFFIANCA_TEST_SHOTS")


@pytest.fixture(scope="module")
async def browser() -> AsyncIterator[Browser]:
    async with chromium() as started:
        yield started


async def come(person: Person, role: str, path: str) -> None:
    await person.open(f"/login?next={path}")
    await person.log_in(SUBJECT[role])


async def shot(person: Person, name: str) -> None:
    if SHOTS:
        width = (person.page.viewport_size or {"width": 0})["width"]
        await person.page.screenshot(path=Path(SHOTS) / f"{name}-{width}.png", full_page=True)


async def submit(world: World, title: str, **form: str) -> str:
    content = {"body": DEMO_BODY, "kind": "technical", "urgency": "normal", "title": title,
               "description": "Le pratiche sono ferme.", "theme": THEME, **form}  # fmt: skip
    content = {name: value for name, value in content.items() if value}
    answer = await world.call("official", "POST", "/api/requests", json=content)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["number"])


async def followed(world: World, eventually, number: str) -> None:
    """The expert of the demonstration takes the request."""

    async def take() -> bool:
        found = await world.read("coordinator", f"/api/routing/requests/{number}")
        if not found or not found["assignment"] or found["assignment"]["expert"] != person_id(SUBJECT["expert"]):
            return False
        path = f"/api/assignments/{found['assignment']['id']}/accept"
        return (await world.call("expert", "POST", path)).status_code == 200

    await eventually(take)


async def add_expert(secretariat: Person, name: str, email: str) -> str:
    """A new expert of the theme, by the form; the id. The person did not exist before."""
    page = secretariat.page
    await secretariat.open("/desk/experts/new")
    await page.locator("[name=email]").fill(email)
    await page.locator("[name=name]").fill(name)
    await page.locator(f"input[name=task_forces][value='{THEME}']").check()
    await page.locator(f"select[name='themes-{THEME}']").select_option("2")
    await page.locator("input[name=kinds][value=technical]").check()
    await secretariat.send("/desk/experts/new")
    await page.wait_for_url("**?done=created")
    return page.url.partition("?")[0].rsplit("/", 1)[1]


async def colleague(browser: Browser, world: World, name: str) -> str:
    """Another expert of the theme, whom the secretariat adds."""
    async with at_browser(browser, world) as secretariat:
        await come(secretariat, "secretariat", "/desk/experts")
        return await add_expert(secretariat, f"{name} Prova", f"{name.lower()}@esperti.example")


@pytest.mark.parametrize("size", [PHONE, None], ids=["phone", "desktop"])
async def test_the_map_leads_by_keyboard_to_the_requests_of_a_province(browser, world, eventually, size) -> None:
    number = await submit(world, "Una richiesta per la mappa")
    await eventually(lambda: world.read("coordinator", f"/api/routing/requests/{number}"))
    async with at_browser(browser, world, size) as coordinator:
        await come(coordinator, "coordinator", "/desk/board")
        await coordinator.check_page()
        await shot(coordinator, "board")

        await coordinator.page.locator("#map-BG").focus()
        await coordinator.page.keyboard.press("Enter")
        await coordinator.page.wait_for_url("**/desk/board?province=BG")
        await coordinator.check_page()
        await shot(coordinator, "board-bergamo")

        assert await coordinator.page.locator(f"main a[href='/requests/{number}']").count() >= 1
        assert await coordinator.page.locator("select[name=province]").input_value() == "BG"
        assert coordinator.faults == []


async def test_the_figures_renew_themselves_without_a_click(browser, world, eventually) -> None:
    async with at_browser(browser, world) as coordinator:
        await come(coordinator, "coordinator", "/desk/board")
        total = coordinator.page.locator("#figures dd").first
        before = int((await total.inner_text()).replace(".", ""))
        await submit(world, "Una richiesta in più")

        async def renewed() -> bool:
            return int((await total.inner_text()).replace(".", "")) > before

        await eventually(renewed, seconds=40.0)
        await coordinator.check_page()
        assert coordinator.faults == []


@pytest.mark.parametrize("size", [PHONE, None], ids=["phone", "desktop"])
async def test_an_experts_cases_go_to_others_in_one_confirmation(browser, world, eventually, size) -> None:
    numbers = [await submit(world, f"Pratica da riassegnare {n}") for n in range(2)]
    for number in numbers:
        await followed(world, eventually, number)
    await colleague(browser, world, "Bea" if size else "Ciro")
    async with at_browser(browser, world, size) as coordinator:
        await come(coordinator, "coordinator", f"/desk/experts/{person_id(SUBJECT['expert'])}/reassignment")
        await coordinator.check_page()
        await shot(coordinator, "reassign")
        for box in await coordinator.page.locator("input[name=request]").all():
            await box.set_checked(await box.get_attribute("value") in numbers)
        await coordinator.tab_to("input[name=reason]")
        await coordinator.page.keyboard.type("Assenza per malattia")
        await coordinator.page.keyboard.press("Enter")
        await coordinator.page.wait_for_url("**/desk/reassignments/*")
        await coordinator.check_page()
        await shot(coordinator, "reassign-preview")

        await coordinator.tab_to("form[action$='/confirmation'] button[type=submit]")
        await coordinator.page.keyboard.press("Enter")
        await coordinator.page.wait_for_load_state()
        await eventually(lambda: coordinator.reads("L’esperto è stato interpellato"))
        await coordinator.check_page()
        await shot(coordinator, "reassign-outcome")

        for number in numbers:
            found = await world.read("coordinator", f"/api/routing/requests/{number}")
            assert found["assignment"]["expert"] != person_id(SUBJECT["expert"])
            assert found["decision"]["note"] == "Assenza per malattia"
        assert coordinator.faults == []


@pytest.mark.parametrize("size", [PHONE, None], ids=["phone", "desktop"])
async def test_waiting_requests_are_chosen_on_the_board_and_kept_for_one_expert(
    browser, world, eventually, size
) -> None:
    numbers = [await submit(world, "Un quesito", description="Ci serve una mano.", theme="") for _ in range(2)]
    async with at_browser(browser, world, size) as coordinator:
        await come(coordinator, "coordinator", "/desk/board?live=off")

        async def waits() -> bool:
            await coordinator.open("/desk/board?live=off")
            return await coordinator.page.locator(f"input[name=request][value='{numbers[1]}']").count() == 1

        await eventually(waits)
        await coordinator.check_page()
        await shot(coordinator, "board-waiting")
        for number in numbers:
            await coordinator.tab_to(f"input[name=request][value='{number}']")
            await coordinator.page.keyboard.press("Space")
        await coordinator.page.locator("select[name=expert]").select_option(person_id(SUBJECT["expert"]))
        await coordinator.page.locator("input[name=action][value=pin]").check()
        await coordinator.send("/desk/board/decisions")
        await eventually(lambda: coordinator.reads("0 richieste decise"))
        await coordinator.check_page()
        await shot(coordinator, "board-decided")

        # Without a theme nobody can be asked: the page says so for each of them.
        assert (await coordinator.page.locator("main").inner_text()).count("non ha ancora un tema") == 2
        assert coordinator.faults == []


@pytest.mark.parametrize("size", [PHONE, None], ids=["phone", "desktop"])
async def test_one_answer_reaches_several_requests(browser, world, eventually, size) -> None:
    numbers = [await submit(world, f"Stessa domanda {n}") for n in range(2)]
    for number in numbers:
        await followed(world, eventually, number)
    async with at_browser(browser, world, size) as expert:
        await come(expert, "expert", "/desk")
        await expert.open("/answers/new")
        await expert.check_page()
        await shot(expert, "answers")
        for number in numbers:
            await expert.page.locator(f"input[name=requests][value='{number}']").check()
        await expert.page.locator("[name=text]").fill("Il termine è di 90 giorni.\nEcco la circolare.")
        await expert.page.locator("button[name=step][value=review]").click()
        await expert.page.wait_for_load_state()
        await expert.check_page()
        await shot(expert, "answers-review")
        await expert.tab_to("button[name=step][value=send]")
        await expert.page.keyboard.press("Enter")
        await eventually(lambda: expert.reads("Risposta inviata a 2 richieste"))
        await expert.check_page()
        await shot(expert, "answers-sent")

        for number in numbers:
            read = await world.read("official", f"/api/requests/{number}")
            assert read["messages"][-1]["text"] == "Il termine è di 90 giorni.\nEcco la circolare."
        assert expert.faults == []


@pytest.mark.parametrize("size", [PHONE, None], ids=["phone", "desktop"])
async def test_experts_are_kept_and_imported_by_the_secretariat(browser, world, size) -> None:
    width = (size or {"width": 1280})["width"]
    async with at_browser(browser, world, size) as secretariat:
        page = secretariat.page
        await come(secretariat, "secretariat", "/desk/experts")
        await secretariat.check_page()
        await shot(secretariat, "experts")
        await secretariat.open("/desk/experts/new")
        await secretariat.check_page()
        await shot(secretariat, "experts-new")
        await add_expert(secretariat, "Nora Nuova", f"nuovo{width}@esperti.example")
        await secretariat.check_page()

        sheet = (f"email;nome;task_force;temi;tipi;posti\nfoglio{width}@esperti.example;Furio Foglio;{THEME};{THEME}:3;"
                 f"tecnica;4\nsbagliato@esperti.example;Sara;{THEME};{THEME}x:3;tecnica;4\n")  # fmt: skip
        await secretariat.open("/desk/experts/import")
        await secretariat.check_page()
        content = {"name": "esperti.csv", "mimeType": "text/csv", "buffer": sheet.encode()}
        await page.locator("[name=file]").set_input_files(content)  # type: ignore[arg-type]
        await page.locator("button[name=step][value=check]").click()
        await page.wait_for_load_state()
        assert await secretariat.reads("Solo controllato")
        await secretariat.check_page()
        await shot(secretariat, "import")
        await page.locator("button[name=step][value=import]").click()
        await page.wait_for_load_state()
        assert await secretariat.reads("Importato.")
        await secretariat.check_page()
        assert secretariat.faults == []


@pytest.mark.parametrize("size", [PHONE, None], ids=["phone", "desktop"])
async def test_one_request_is_assigned_with_a_reason(browser, world, eventually, size) -> None:
    number = await submit(world, "Da assegnare a mano")
    await eventually(lambda: world.read("coordinator", f"/api/routing/requests/{number}"))
    chosen = await colleague(browser, world, "Dora" if size else "Elio")
    async with at_browser(browser, world, size) as coordinator:
        await come(coordinator, "coordinator", f"/desk/requests/{number}/assign")
        await coordinator.check_page()
        await coordinator.page.locator("select[name=expert]").select_option(chosen)
        await coordinator.page.locator("input[name=action][value=assign_and_pin]").check()
        await coordinator.page.locator("[name=reason]").fill("Ha già seguito il procedimento")
        await coordinator.send("/assign")
        await coordinator.page.wait_for_url("**?done=assigned")
        await coordinator.check_page()
        await shot(coordinator, "assign")
        assert await coordinator.reads("Riservata a un solo esperto")
        assert coordinator.faults == []
