"""Another reason is told in words, kept with the assignment, and read by who coordinates."""

from tests.routing.material import Routing
from tests.routing.test_desk_pages import offered, text_of, token_of

WORDS = "Seguo già il Comune confinante."
DECISION = "/desk/requests/2026-000001/decision"


async def test_another_reason_needs_words_which_the_coordination_reads(routing: Routing) -> None:
    assignment = await offered(routing)
    await routing.grant("carla", "coordinator")
    await routing.grant("ugo", "official", "body", "012133")
    address = f"/api/assignments/{assignment}"

    async with routing.api("anna") as api:
        silent = await api.post(f"{address}/decline", json={"reason": "other", "reason_text": "  "})
        told = await api.post(f"{address}/decline", json={"reason": "other", "reason_text": WORDS})
    async with routing.api("carla") as api:
        read = (await api.get(address)).json()
    async with routing.browser("carla") as carla, routing.browser("ugo") as ugo:
        page, inside = await carla.get(f"/desk{address[4:]}"), await carla.get(DECISION)
        outside = await ugo.get(DECISION)

    assert silent.status_code == 422
    assert [error["pointer"] for error in silent.json()["errors"]] == ["/reason_text"]
    assert (told.status_code, read["reason"], read["reason_text"]) == (200, "other", WORDS)
    assert WORDS in text_of(page) and "Altro motivo" in text_of(page)
    assert f"Con le sue parole: {WORDS}" in text_of(inside) and "ha rifiutato: " in text_of(inside)
    assert outside.status_code == 200 and WORDS not in outside.text


async def test_the_page_asks_for_the_words_and_keeps_the_choice(routing: Routing) -> None:
    assignment = await offered(routing)
    async with routing.browser("anna") as browser:
        token = {"csrf_token": token_of(await browser.get(f"/desk/assignments/{assignment}"))}
        silent = await browser.post(f"/desk/assignments/{assignment}/decline", data=token | {"reason": "other"})
        told = await browser.post(
            f"/desk/assignments/{assignment}/decline", data=token | {"reason": "other", "reason_text": WORDS}
        )

    assert silent.status_code == 422
    assert 'href="#f-reason_text"' in silent.text
    assert 'value="other" selected' in silent.text
    assert told.status_code == 303
