"""Keys of front-ends on the page: shown once, with their quota and use, and taken back."""

import re

from services.chassis.access import digest
from services.chassis.service import Service
from tests.intake_pages.conftest import BERGAMO, Visit, hidden

KEY = re.compile(r'id="secret">(aff_[\w-]+)<')


async def test_a_new_key_is_shown_once_with_its_quota(service: Service, visit: Visit) -> None:
    secretary = await visit("secretariat")
    fields = {
        "name": "Portale del Comune",
        "body": BERGAMO,
        "per_day": "50",
        "per_minute": "5",
        "last_day": "2031-12-31",
    }

    made = await secretary.send("/keys", "/keys", **fields)
    listed = await secretary.get("/keys")

    found = KEY.search(made.text)
    assert made.status_code == 201 and found
    access = await service.database["access"].find_one({"credentials": digest(found[1])})
    assert access is not None and access["grants"][0]["scope"] == BERGAMO
    assert KEY.search(listed.text) is None and found[1] not in listed.text
    assert "Portale del Comune" in listed.text and "0 su 50" in listed.text and "01/01/2032" in listed.text


async def test_a_form_that_is_sent_twice_makes_one_key(service: Service, visit: Visit) -> None:
    secretary = await visit("secretariat")
    form = {"name": "Una volta sola", "per_day": "50", "per_minute": "5"}
    page = (await secretary.get("/keys")).text
    fields = {**hidden(page, "/keys"), **form}
    first, second = [await secretary.http.post("/keys", data=fields) for _ in range(2)]

    assert KEY.search(first.text) and not KEY.search(second.text)
    assert await service.database["api_keys"].count_documents({"name": "Una volta sola"}) == 1


async def test_what_is_wrong_is_said_beside_the_field(visit: Visit) -> None:
    secretary = await visit("secretariat")

    answer = await secretary.send(
        "/keys", "/keys", name="x", body="non-esiste", per_day="50", per_minute="5", last_day="2020-01-01"
    )
    zero = await secretary.send("/keys", "/keys", name="x", per_day="0", per_minute="5")

    assert (answer.status_code, zero.status_code) == (422, 422)
    assert 'href="#f-last_day"' in answer.text
    assert 'href="#f-per_day"' in zero.text


async def test_a_key_is_taken_back_on_the_page(service: Service, visit: Visit) -> None:
    secretary = await visit("secretariat")
    await secretary.send("/keys", "/keys", name="Da revocare", per_day="50", per_minute="5")
    row = await service.database["api_keys"].find_one({"name": "Da revocare"})
    assert row is not None

    answer = await secretary.send("/keys", f"/keys/{row['_id']}/revocation")

    after = await service.database["api_keys"].find_one({"_id": row["_id"]})
    assert answer.status_code == 303 and after is not None and after["revoked_at"] is not None
