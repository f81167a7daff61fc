"""The pages of simulations as a coordinator meets them, without a script."""

from datetime import timedelta

from services.routing.handlers import simulations
from services.routing.rules import load_rules
from services.routing.simulation.asked import Question
from services.routing.simulation.playing import Material, play
from services.routing.store.simulations import SIMULATIONS, Periods
from tests.routing.material import MONDAY, OTHER, Routing
from tests.routing.test_desk_pages import text_of, token_of

START, END = MONDAY - timedelta(hours=10), MONDAY + timedelta(days=10, hours=-10)


async def simulated(routing: Routing, id: str = "s1") -> None:
    """A simulation that has ended, as the job leaves it."""
    await routing.expert("near", provinces=["VA"], capacity=1)
    await routing.expert("far", themes=[{"code": OTHER, "level": 5}], capacity=1)
    for number in range(6):
        await routing.submit(number, theme=OTHER if number % 2 else "site-remediation")
    await routing.match()
    source = {"kind": "past", "from": "2026-11-23", "to": "2026-12-02"}
    question = Question.model_validate({"name": "Due in più", "source": source, "variant": {"capacity_change": 5}})
    material = Material(*await Periods(routing.database).read(START, END))
    result = play(question, load_rules(), material, START, END, lambda share: None)
    run = routing.service.executor.run
    when, asked = (START, END), question.document()
    await run(simulations.needs(id), lambda work: simulations.ask(work, id, "x", asked, when))
    await run(simulations.needs(id), lambda work: simulations.begin(work, id, "me"))
    await run(simulations.needs(id), lambda work: simulations.finish(work, id, "me", result, None))


async def test_the_result_stands_side_by_side_with_words_and_charts(routing: Routing) -> None:
    await simulated(routing)
    await routing.grant("carla", "coordinator")
    await routing.grant("moni", "monitor")

    async with routing.browser("carla") as carla, routing.browser("moni") as moni:
        page, listed, read = await carla.get("/desk/simulations/s1"), await carla.get("/desk/simulations"), \
            await moni.get("/desk/simulations/s1")  # fmt: skip
        new = await moni.get("/desk/simulations/new")

    assert page.status_code == read.status_code == 200, page.text
    text = text_of(page)
    assert "Due in più" in text
    assert "meglio: " in text
    assert page.text.count('<svg class="aff-chart"') == 3
    assert "style=" not in page.text
    assert "Due in più" in listed.text
    assert new.status_code == 403


async def test_a_coordinator_asks_with_the_form_and_cancels(routing: Routing) -> None:
    await routing.grant("carla", "coordinator")
    expert = await routing.expert("near")
    await routing.submit(1)

    async with routing.browser("carla") as browser:
        empty = await browser.get("/desk/simulations")
        form = await browser.get("/desk/simulations/new")
        weights = {f"weight_{name}": "1" for name in load_rules().weights}
        fields = {"csrf_token": token_of(form), "kind": "past", "first": "2026-11-01", "last": "2026-11-30",
                  "more": "50", "absent": expert, "capacity_change": "-1", **weights}  # fmt: skip
        sent = await browser.post("/desk/simulations", data=fields)
        page = await browser.get(sent.headers["location"])
        part = await browser.get(sent.headers["location"] + "/progress")
        cancelled = await browser.post(sent.headers["location"] + "/cancel", data={"csrf_token": token_of(page)})
        after = await browser.get(cancelled.headers["location"])
        over = await browser.get(sent.headers["location"] + "/progress")

    assert "Ancora nessuna simulazione" in empty.text
    assert sent.status_code == 303, text_of(sent)
    row = await routing.database[SIMULATIONS].find_one({})
    assert row is not None
    assert row["asked"]["variant"]["absent"] == [{"expert": expert}]
    assert row["asked"]["variant"]["weights"] == dict.fromkeys(load_rules().weights, 1 / 6)
    assert "attende il suo turno" in page.text
    assert "hx-refresh" not in part.headers
    assert over.headers["hx-refresh"] == "true"
    assert "annullata" in after.text


async def test_a_wrong_form_comes_back_with_what_was_typed(routing: Routing) -> None:
    await routing.grant("carla", "coordinator")

    async with routing.browser("carla") as browser:
        form = await browser.get("/desk/simulations/new")
        weights = {f"weight_{name}": "10" for name in load_rules().weights}
        fields = {"csrf_token": token_of(form), "kind": "past", "first": "2025-01-01", "last": "2025-02-01", **weights}
        nothing = await browser.post("/desk/simulations", data=fields)
        zero = await browser.post("/desk/simulations", data=fields | dict.fromkeys(weights, "0"))

    assert (nothing.status_code, zero.status_code) == (422, 422)
    assert "In questo periodo non è arrivata nessuna richiesta." in nothing.text
    assert 'value="2025-01-01"' in nothing.text
    assert "più di 0 punti" in zero.text
