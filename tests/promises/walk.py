"""One request from the first word to the last, with whatever happens between the steps."""

from collections import Counter
from collections.abc import Awaitable, Callable
from typing import Any

from tests.promises.people import Town
from tests.promises.programme import Programme

Between = Callable[[str, dict[str, Any]], Awaitable[None]]
MAILS = Counter(
    {
        ("official", "received"): 1, ("expert", "offer"): 1, ("official", "taken"): 1, ("official", "answer"): 1,
        ("official", "question"): 1, ("expert", "information"): 1, ("official", "resolved"): 1, ("expert", "closed"): 1,
    }
)  # fmt: skip
"""Who is told what in the course of `walk`."""


async def _nothing(step: str, request: dict[str, Any]) -> None:
    """Between the steps nothing happens."""


async def walk(programme: Town, between: Between = _nothing, text: str = "Testo", **fields: Any) -> dict[str, Any]:
    """Submitted, offered, accepted, answered, asked, provided, resolved, closed. Returns the request."""
    request = await programme.submit(**fields)
    await between("submitted", request)
    await finish(programme, request, between, text)
    return request


async def finish(
    programme: Town, request: dict[str, Any], between: Between = _nothing, text: str = "Testo", expert: str = "expert"
) -> None:
    """The rest of the walk, for a request that was submitted before."""
    path = f"/api/requests/{request['number']}"
    await programme.accepted(request["number"], expert)
    await between("accepted", request)
    steps: list[tuple[str, str, dict[str, Any]]] = [
        (expert, "messages", {"text": f"{text}: prima risposta."}),
        (expert, "ask", {"text": f"{text}: quante pratiche sono?"}),
        ("official", "messages", {"text": f"{text}: sono ventidue."}),
        (expert, "resolve", {"outcome": "solved", "text": f"{text}: ecco lo schema."}),
        ("official", "close", {"rating": 5, "comment": f"{text}: grazie."}),
    ]
    for who, action, content in steps:
        await programme.done(who, "POST", f"{path}/{action}", json=content)
        await between(action, request)


async def told(programme: Town, number: str) -> Counter[tuple[str, str]]:
    """(who, message) of every mail about a request that notify says it has sent."""
    deliveries = programme.databases()["notify"]["deliveries"]
    rows = await deliveries.find({"number": number, "status": "sent"}).to_list(None)
    names = {person.id: who for who, person in programme.people.items()}
    return Counter((names[row["recipient"]], row["message"]) for row in rows)


def mails_about(programme: Programme, number: str) -> Counter[tuple[str, str]]:
    """(address, Message-ID) of every mail about a request that really arrived."""
    found = [mail for mail in programme.mailbox.find() if number in mail.subject]
    return Counter((mail.recipients[0], dict(mail.headers)["Message-ID"]) for mail in found)
