"""Days at the edges of what a date can be: taken or refused on every form, never a fault of ours, also when shown."""

import pytest

from contracts.envelope import new_id
from services.chassis.access import digest
from tests.intake_pages.conftest import NEW, VARESE, Browser
from tests.intake_pages.test_body_pages import official

DAYS = (
    "0001-01-01", "0001-01-02", "1893-10-31", "1969-12-31", "2026-02-30", "0000-00-00", "9999-12-30", "9999-12-31",
    "10000-01-01", "-0001-01-01", "1e300", "253402300800",
)  # fmt: skip
INSTANTS = (
    "0001-01-01T00:00:00Z", "0001-01-01T00:00:00+14:00", "9999-12-30T23:00:00Z", "9999-12-31T00:00:00Z",
    "9999-12-31T23:59:59Z", "9999-12-31T23:59:59-14:00",
)  # fmt: skip
SHOWN = {"0001": 422, "9999-12-30": 201, "9999-12-31": 422}


async def shows(browser: Browser, *pages: str) -> None:
    for page in pages:
        assert (await browser.get(page)).status_code == 200, page


@pytest.mark.parametrize("day", DAYS)
async def test_the_last_day_of_a_key(visit, day: str) -> None:
    secretary = await visit("secretariat")

    answer = await secretary.send("/keys", "/keys", name="Estremo", per_day="5", per_minute="5", last_day=day)

    assert answer.status_code == (201 if day.startswith("9999") else 422)
    await shows(secretary, "/keys")


@pytest.mark.parametrize("day", DAYS)
async def test_the_days_of_an_official(visit, day: str) -> None:
    mayor, page = await visit("representative", VARESE), f"/my-body/{VARESE}"

    ends = await mayor.send(page, f"{page}/delegates", **official(), end=day)
    begins = await mayor.send(page, f"{page}/delegates", **official(), start=day)

    assert ends.status_code == (303 if day.startswith("9999") else 422)
    assert begins.status_code in (303, 422)
    await shows(mayor, page, f"{page}?ended=yes")


@pytest.mark.parametrize("day", DAYS)
async def test_the_days_of_a_request(visit, day: str) -> None:
    clerk = await visit("official", VARESE)

    sent = await clerk.send(
        "/requests/new", "/requests/new", **NEW | {"body": VARESE}, protocol_number="1/2026", protocol_date=day
    )
    narrowed = [await clerk.get(f"/requests?{limit}={day}") for limit in ("from", "to")]

    assert sent.status_code in (303, 422)
    assert {answer.status_code for answer in narrowed} <= {200, 422}
    if sent.status_code == 303:
        await shows(clerk, sent.headers["location"])


@pytest.mark.parametrize("at", INSTANTS)
async def test_moments_that_programs_send(service, visit, at: str) -> None:
    mayor, secretary = await visit("representative", VARESE), await visit("secretariat")
    keys = {browser: new_id() for browser in (mayor, secretary)}
    for browser, key in keys.items():
        await service.database["access"].update_one({"_id": browser.id}, {"$set": {"credentials": [digest(key)]}})
    service.principals.forget()
    grant = {"role": "official", "scope_kind": "body", "scope": VARESE, "start": at}
    sent = [
        (mayor, f"/api/bodies/{VARESE}/delegates", {"name": "Luca", "email": f"{new_id()}@x.example", "end": at}),
        (mayor, f"/api/bodies/{VARESE}/delegates", {"name": "Luca", "email": f"{new_id()}@x.example", "start": at}),
        (secretary, "/api/api-keys", {"name": "Estremo", "expires_at": at}),
        (secretary, "/api/persons", {"name": "Luca", "grants": [grant]}),
    ]

    for browser, path, content in sent:
        headers = {"X-API-Key": keys[browser], "Accept": "application/json"}
        answer = await browser.http.post(path, json=content, headers=headers)
        assert answer.status_code == next(code for edge, code in SHOWN.items() if at.startswith(edge)), path

    await shows(mayor, f"/my-body/{VARESE}", f"/my-body/{VARESE}?ended=yes")
    await shows(secretary, "/keys", f"/bodies/{VARESE}")
