"""What is told of a practice's review: whom it concerns and how far it is, never what it says."""

from contracts.envelope import new_id
from tests.intake.conftest import SERVICE_KEY, published
from tests.intake.test_practices import CLEAN, Desk, desk  # noqa: F401 (the fixture)

NO = {"approved": False, "reason": "Manca la norma"}


async def test_sending_returning_and_publishing_are_told_without_a_word_of_the_practice(desk: Desk) -> None:  # noqa: F811
    id = (await desk.started())["id"]
    await desk.does("PATCH", f"/{id}", desk.expert, json=CLEAN)
    assert await published(desk.town, id) == []

    await desk.does("POST", f"/{id}/review", desk.expert)
    await desk.does("POST", f"/{id}/publication", desk.reviewer, json=NO)
    await desk.does("POST", f"/{id}/review", desk.expert)
    await desk.does("POST", f"/{id}/publication", desk.reviewer, json={"approved": True})

    events = await published(desk.town, id)
    kinds = [event["type"].split(".")[2] for event in events]
    assert kinds == ["sent-for-review", "returned", "sent-for-review", "published"]
    assert [event["sequence"] for event in events] == [1, 2, 3, 4]
    states = [event["data"]["state"] for event in events]
    stages = [(state["status"], state["edition"]) for state in states]
    assert stages == [("review", 0), ("draft", 0), ("review", 0), ("published", 1)]
    author = states[0]["author"]
    assert [event["data"]["by"] == author for event in events] == [True, False, True, False]
    assert all(state["themes"] == ["site-remediation"] and state["author"] == author for state in states)
    assert "Caratterizzazione" not in str(events) and "Manca" not in str(events)


async def test_what_is_refused_tells_nothing(desk: Desk) -> None:  # noqa: F811
    id = (await desk.started())["id"]
    await desk.does("PATCH", f"/{id}", desk.expert, json=CLEAN | {"problem": "Lo chiese Anna Cattaneo."})

    await desk.does("POST", f"/{id}/review", desk.expert, 422)
    await desk.does("POST", f"/{id}/publication", desk.reviewer, 409, json={"approved": True})

    assert await published(desk.town, id) == []


async def test_title_and_reason_are_read_by_services_alone(desk: Desk) -> None:  # noqa: F811
    id = (await desk.started())["id"]
    await desk.does("PATCH", f"/{id}", desk.expert, json=CLEAN)
    path = f"/api/intake/texts?practices={id},{new_id()}"
    before = (await desk.town.call("GET", path, SERVICE_KEY)).json()["practices"]
    await desk.does("POST", f"/{id}/review", desk.expert)
    await desk.does("POST", f"/{id}/publication", desk.reviewer, json=NO)
    await desk.does("POST", f"/{id}/review", desk.expert)

    after = (await desk.town.call("GET", path, SERVICE_KEY)).json()["practices"]
    refused = await desk.town.call("GET", path, desk.reviewer)

    assert before == [{"id": id, "title": CLEAN["title"], "reason": None}]
    assert after == [{"id": id, "title": CLEAN["title"], "reason": "Manca la norma"}]
    assert refused.status_code == 403
