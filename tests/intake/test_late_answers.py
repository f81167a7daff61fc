"""What becomes of an answer to a request that is over: it reopens, goes on as a new one, or is only thanks."""

from datetime import timedelta
from typing import Any

import pytest

from contracts.assignments import AssignmentAccepted
from services.intake.store.mails import INLINE, ORIGINAL
from tests.intake.conftest import published
from tests.intake.events import assignment, deliver
from tests.intake.letters import ours
from tests.intake.post import Post, mail
from tests.intake.test_mergers import RONAGO, UGGIATE_CON_RONAGO

LONG_AGO = timedelta(days=31)


class Ended:
    """A request of an official that its expert has resolved."""

    def __init__(self, post: Post, address: str, key: str, request: dict[str, Any], lead: str) -> None:
        self.post, self.address, self.key, self.request, self.lead = post, address, key, request, lead

    async def answered(self, text: str, **headers: str) -> None:
        about = {"In_Reply_To": ours(self.request["number"]), **headers}
        assert (await self.post.send(self.address, mail(self.address, "R: risolta", text, **about)))[0] == 250

    async def read(self, number: str | None = None) -> dict[str, Any]:
        path = f"/api/requests/{number or self.request['number']}"
        return dict((await self.post.town.call("GET", path, self.key)).json())

    async def does(self, action: str, **form: Any) -> Any:
        return await self.post.town.call(
            "POST", f"/api/requests/{self.request['number']}/{action}", self.key, json=form
        )

    async def ended_long_ago(self, **facts: Any) -> None:
        facts |= {"ended_at": self.post.town.service.clock.now() - LONG_AGO}
        requests = self.post.town.service.database["requests"]
        await requests.update_one({"_id": self.request["id"]}, {"$set": facts, "$inc": {"version": 1}})


@pytest.fixture
async def ended(post: Post) -> Ended:
    address, key = await post.official()
    lead, expert = await post.town.person({"role": "expert", "scope_kind": "programme"})
    request = await post.town.submitted(key)
    accepted = assignment(AssignmentAccepted, request, "accepted", expert=lead, round=1, sequence=2)
    await deliver(post.town, accepted)
    form = {"outcome": "solved", "text": "Ecco."}
    done = await post.town.call("POST", f"/api/requests/{request['number']}/resolve", expert, json=form)
    assert done.status_code == 200, done.text
    return Ended(post, address, key, request, lead)


@pytest.mark.parametrize("closed", [False, True])
async def test_an_answer_by_mail_reopens_and_the_event_names_who_followed_it(ended: Ended, closed: bool) -> None:
    if closed:
        await ended.does("close")

    await ended.answered("Il problema si ripresenta: manca il parere.")

    read = await ended.read()
    assert read["status"] == "submitted"
    assert read["messages"][-1]["kind"] == "reopening"
    assert (read["messages"][-1]["text"], read["messages"][-1]["channel"]) == (
        "Il problema si ripresenta: manca il parere.", "email",
    )  # fmt: skip
    event = (await published(ended.post.town, ended.request["id"]))[-1]
    assert event["type"] == "affianca.request.reopened.v1"
    assert event["data"]["state"]["lead"] == ended.lead


@pytest.mark.parametrize("headers", [{}, {"Auto_Submitted": "auto-replied"}])
async def test_thanks_and_machines_reopen_nothing(ended: Ended, headers: dict[str, str]) -> None:
    await ended.answered("Sono fuori ufficio fino a lunedì." if headers else "Grazie mille, perfetto!", **headers)

    read = await ended.read()
    assert read["status"] == "resolved"
    assert read["messages"][-1]["kind"] == "message"
    assert read["messages"][-1]["automatic"] is bool(headers)


async def test_too_late_an_answer_becomes_a_request_that_follows_it(ended: Ended) -> None:
    await ended.does("close")
    await ended.ended_long_ago()

    await ended.answered("Dopo due mesi siamo da capo.")

    old = await ended.read()
    assert old["status"] == "closed"
    [link] = old["linked_requests"]
    assert link["kind"] == "followed_by"
    new = await ended.read(link["number"])
    assert (new["title"], new["theme"]["code"]) == (old["title"], old["theme"]["code"])
    assert (new["description"], new["channel"]) == ("Dopo due mesi siamo da capo.", "email")


async def test_what_was_withdrawn_goes_on_as_a_new_one(ended: Ended) -> None:
    await ended.does("reopen", reason="Manca.")
    await ended.does("withdraw")

    await ended.answered("Abbiamo ancora bisogno del parere.")

    assert [link["kind"] for link in (await ended.read())["linked_requests"]] == ["followed_by"]


async def test_the_same_late_mail_twice_makes_one_request(ended: Ended) -> None:
    await ended.ended_long_ago()
    content = mail(ended.address, "R:", "Da capo.", In_Reply_To=ours(ended.request["number"]))

    codes = [(await ended.post.send(ended.address, content))[0] for _ in range(2)]

    assert codes == [250, 250]
    assert len((await ended.read())["linked_requests"]) == 1


async def test_too_late_an_answer_about_an_ended_body_becomes_a_request_of_its_successor(ended: Ended) -> None:
    await ended.ended_long_ago(body=RONAGO, body_name="Ronago")
    await ended.post.town.admitted(UGGIATE_CON_RONAGO)
    ended.address, ended.key = await ended.post.official(UGGIATE_CON_RONAGO)

    await ended.answered("Il comune è cambiato, il problema no.")

    [link] = (await ended.read())["linked_requests"]
    new = await ended.read(link["number"])
    assert (link["kind"], new["body"]) == ("followed_by", UGGIATE_CON_RONAGO)


async def test_too_late_an_answer_of_who_may_send_no_request_is_held_and_not_refused(ended: Ended) -> None:
    await ended.ended_long_ago(body=RONAGO, body_name="Ronago")
    ended.address, ended.key = await ended.post.official(RONAGO)

    await ended.answered("Siamo da capo.")

    kept = await ended.post.kept(ended.address)
    assert (kept["state"], kept["reason"]) == ("held", "too-late")
    assert kept["quoted"]["number"] == ended.request["number"]
    decided = await ended.post.town.call("POST", f"/api/intake/mails/{kept['_id']}/message", json={})
    assert decided.status_code == 200, decided.text


async def test_the_original_of_too_late_an_answer_is_kept_once(ended: Ended) -> None:
    await ended.ended_long_ago()
    files = ended.post.town.service.database["files.files"]
    before = await files.count_documents({"metadata.kind": ORIGINAL})

    await ended.answered("\r\n".join(["Siamo da capo.", *["riga " * 20] * (INLINE // 100)]))

    assert await files.count_documents({"metadata.kind": ORIGINAL}) == before + 1


async def test_a_message_by_program_is_told_to_who_followed_it_and_reopens_nothing(ended: Ended) -> None:
    assert (await ended.does("messages", text="Un dubbio.")).status_code == 201

    assert (await ended.read())["status"] == "resolved"
    event = (await published(ended.post.town, ended.request["id"]))[-1]
    assert (event["type"], event["data"]["state"]["lead"]) == ("affianca.request.message-posted.v1", ended.lead)


async def test_a_message_that_nobody_would_read_is_refused_and_told_what_to_do(ended: Ended) -> None:
    await ended.ended_long_ago()

    answer = await ended.does("messages", text="C’è qualcuno?")

    assert answer.status_code == 409
    assert answer.json()["type"].endswith("conversation-over")
    assert "reopen" in answer.json()["allowed"]
    assert answer.json()["follows"] == ended.request["number"]
    assert (await ended.does("reopen", reason="Non basta.")).status_code == 200


async def test_many_late_answers_in_a_row_are_not_acknowledged(ended: Ended) -> None:
    await ended.ended_long_ago(status="closed")

    for number in range(7):
        await ended.answered(f"Ho ancora una domanda, la numero {number}.")

    made = await ended.post.mine(ended.key, ended.address)
    later = sorted((each for each in made if each["channel"] == "email"), key=lambda each: str(each["number"]))
    told = [(await published(ended.post.town, each["id"]))[0]["data"] for each in later]
    assert [data.get("automatic", False) for data in told] == [False] * 5 + [True] * 2
