"""Codes that nobody knows and days that have not come: refused in a sentence, at the field, at every door."""

from datetime import timedelta
from typing import Any

import pytest

from services.chassis.clock import Clock
from services.intake.handlers.days import day_of
from tests.intake.conftest import Town, a_request

NO_THEME = "Nessun tema ha questo codice."


@pytest.mark.parametrize(
    ("fields", "pointer", "said"),
    [
        ({"theme": "xyz"}, "/theme", NO_THEME),
        ({"further_themes": ["waste-management", "xyzq"]}, "/further_themes/1", NO_THEME),
        ({"procedure": "qqq"}, "/procedure", "Nessun procedimento ha questo codice."),
        ({"body": "zzzz"}, "/body", "Nessun ente ha questo codice ISTAT o IPA."),
    ],
)
async def test_a_code_like_no_other_is_refused_in_a_sentence_of_its_own(
    town: Town, fields: dict[str, Any], pointer: str, said: str
) -> None:
    answer = await town.call("POST", "/api/requests", json=a_request(**fields))

    told = answer.json()
    assert (answer.status_code, told["errors"], told["detail"]) == (422, [{"pointer": pointer, "detail": said}], said)


def protocol(days: int) -> dict[str, str]:
    return {"number": "8812/2026", "date": (day_of(Clock().now()) + timedelta(days=days)).isoformat()}


async def test_a_protocol_number_of_the_future_is_refused_and_one_of_tomorrow_taken(town: Town) -> None:
    far = await town.call("POST", "/api/requests", json=a_request(protocol={"number": "1", "date": "2099-01-01"}))
    soon = await town.call("POST", "/api/requests", json=a_request(protocol=protocol(2)))
    near = await town.call("POST", "/api/requests", json=a_request(protocol=protocol(1)))

    for answer in (far, soon):
        [fault] = answer.json()["errors"]
        assert (answer.status_code, fault["pointer"]) == (422, "/protocol/date")
        assert "deve ancora venire" in fault["detail"]
    assert near.status_code == 201


async def test_nor_can_one_be_given_to_a_request_later(town: Town) -> None:
    path = f"/api/requests/{(await town.submitted())['number']}"

    refused = await town.call("PATCH", path, json={"protocol": protocol(2)})
    taken = await town.call("PATCH", path, json={"protocol": protocol(0)})

    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, "/protocol/date")
    assert taken.status_code == 200


@pytest.mark.parametrize(
    ("address", "name", "among"),
    [
        ("requests?theme=xyz", "theme", "waste-management"),
        ("requests?procedure=qq", "procedure", "paur"),
        ("requests?province=ZZ", "province", "VA"),
        ("requests?status=foo", "status", "in_progress"),
        ("requests?kind=x", "kind", "legal"),
        ("requests?sort=x", "sort", "oldest"),
        ("practices?theme=xyz", "theme", "waste-management"),
        ("practices?procedure=xyz", "procedure", "paur"),
        ("procedures?theme=xyz", "theme", "waste-management"),
        ("bodies?province=ZZ", "province", "VA"),
        ("bodies?status=foo", "status", "approved"),
    ],
)
async def test_a_filter_that_nobody_knows_is_refused_with_what_it_may_be(
    town: Town, address: str, name: str, among: str
) -> None:
    answer = await town.call("GET", f"/api/{address}")

    told = answer.json()
    [fault] = told["errors"]
    assert (answer.status_code, fault["detail"]) == (422, "Il valore non è tra quelli ammessi.")
    assert fault["pointer"].startswith(f"/query/{name}")
    assert among in told["allowed_values"][fault["pointer"]]
    assert told["detail"].startswith(f"Il parametro {name} ammette") and among in told["detail"]


async def test_every_code_that_there_is_narrows_a_list(town: Town) -> None:
    themes = [item["code"] for item in (await town.call("GET", "/api/themes")).json()["items"]]
    provinces = {item["province"] for item in (await town.call("GET", "/api/bodies?limit=200")).json()["items"]}

    for query in [*(f"theme={code}" for code in themes), *(f"province={sigla.lower()}" for sigla in provinces)]:
        assert (await town.call("GET", f"/api/requests?{query}")).status_code == 200
    assert (await town.call("GET", "/api/procedures?theme=waste-management")).json()["items"]
    assert (await town.call("GET", "/api/procedures?theme=")).json()["items"]


@pytest.mark.parametrize(
    ("address", "several"),
    [("requests?status=&kind=&assigned=&theme=", "requests?status=&status=submitted"),
     ("bodies?status=&phase=&province=", "bodies?status=approved&phase=")],
)  # fmt: skip
async def test_an_empty_filter_narrows_nothing(town: Town, address: str, several: str) -> None:
    await town.submitted()
    whole, same, some = [
        await town.call("GET", f"/api/{each}") for each in (address.partition("?")[0], address, several)
    ]

    assert whole.json()["items"] == same.json()["items"] != []
    assert some.status_code == 200, some.text
