"""Mail that answers: it joins the request that it quotes, if its author may see that one."""

from contracts.envelope import new_id
from tests.intake.conftest import SARONNO, published
from tests.intake.post import Post, mail


async def test_a_reply_that_quotes_the_number_answers_the_open_question(post: Post) -> None:
    address, key = await post.official()
    request = await post.town.submitted(key)
    await post.town.call("POST", f"/api/requests/{request['number']}/ask", json={"text": "Che anno?"})

    code, _ = await post.send(address, mail(address, f"R: [{request['number']}] domanda", "Il 1998."))

    assert code == 250
    read = (await post.town.call("GET", f"/api/requests/{request['number']}", key)).json()
    assert read["status"] == "submitted"
    assert [(message["kind"], message["text"]) for message in read["messages"]][-1] == ("answer", "Il 1998.")


async def test_an_automatic_reply_is_kept_on_the_request_and_changes_nothing(post: Post) -> None:
    address, key = await post.official()
    request = await post.town.submitted(key)
    await post.town.call("POST", f"/api/requests/{request['number']}/ask", json={"text": "Che anno?"})
    content = mail(address, f"Assente: [{request['number']}]", "Torno lunedì.", Auto_Submitted="auto-replied")

    await post.send(address, content)

    read = (await post.town.call("GET", f"/api/requests/{request['number']}", key)).json()
    assert read["status"] == "waiting"
    assert read["messages"][-1]["automatic"] is True
    event = (await published(post.town, request["id"]))[-1]
    assert event["type"] == "affianca.request.message-posted.v1"
    assert event["data"]["automatic"] is True


async def test_a_reply_by_reference_joins_the_request_that_the_first_mail_made(post: Post) -> None:
    address, key = await post.official()
    first = f"<{new_id()}@comune.example>"
    await post.send(address, mail(address, "Prima", Message_ID=first))

    await post.send(address, mail(address, "Seconda", "Dimenticavo.", References=f"<other@x> {first}"))

    [request] = await post.mine(key, address)
    read = (await post.town.call("GET", f"/api/requests/{request['number']}", key)).json()
    assert [message["text"] for message in read["messages"]] == ["Dimenticavo."]


async def test_a_number_guessed_by_somebody_else_makes_a_request_of_their_own(post: Post) -> None:
    _, key = await post.official()
    request = await post.town.submitted(key)
    stranger, stranger_key = await post.official(SARONNO)

    code, _ = await post.send(stranger, mail(stranger, f"Re: [{request['number']}]", "Fammi leggere."))

    assert code == 250
    read = (await post.town.call("GET", f"/api/requests/{request['number']}", key)).json()
    assert read["messages"] == []
    [own] = await post.mine(stranger_key, stranger)
    assert own["body"] == SARONNO


async def test_a_reply_to_a_merged_request_reaches_the_survivor(post: Post) -> None:
    address, key = await post.official()
    dead, alive = await post.town.submitted(key), await post.town.submitted(key)
    await post.town.call("POST", f"/api/requests/{dead['number']}/merge", json={"into": alive["number"]})

    await post.send(address, mail(address, f"R: [{dead['number']}]", "Ancora io."))

    read = (await post.town.call("GET", f"/api/requests/{alive['number']}", key)).json()
    assert [message["text"] for message in read["messages"]] == ["Ancora io."]
