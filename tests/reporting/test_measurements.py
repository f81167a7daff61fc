"""Half-yearly measurements: own body only, versions instead of overwriting, unknown is not zero."""

from typing import Any

import httpx
import orjson
import pytest

from services.chassis.outbox import OUTBOX
from services.chassis.service import Service
from services.reporting import measures
from services.reporting.store import MEASUREMENTS
from tests.reporting.material import BODY
from tests.reporting.people import enrol

URL = "/api/measurements"
ROW = {"procedure": "via", "concluded_expressly": 4, "duration_days_sum": 300, "started": 0}


def table(*rows: dict[str, Any], body: str = BODY, half_year: str = "2025-H2") -> dict[str, Any]:
    return {"body": body, "half_year": half_year, "rows": list(rows)}


@pytest.fixture
async def official(reporting: Service) -> dict[str, str]:
    return await enrol(reporting, ("official", "body", BODY))


async def published(service: Service) -> list[dict[str, Any]]:
    rows = service.database[OUTBOX].find({"stream": "measurements"}, sort=[("position", 1)])
    return [orjson.loads(row["body"]) async for row in rows]


async def test_what_was_not_sent_stays_unknown(reporting, client: httpx.AsyncClient, official) -> None:
    answer = await client.post(URL, json=table(ROW), headers=official)

    row = answer.json()["items"][0]
    assert answer.status_code == 201
    assert (row["started"], row["backlog"], row["version"]) == (0, None, 1)
    [event] = await published(reporting)
    assert event["type"] == "affianca.measurement.submitted.v1"
    assert (event["data"]["state"]["started"], event["data"]["state"]["backlog"]) == (0, None)


async def test_a_correction_is_a_new_version_and_the_old_one_is_kept(reporting, client, official) -> None:
    await client.post(URL, json=table(ROW), headers=official)

    answer = await client.post(URL, json=table({**ROW, "duration_days_sum": 320}), headers=official)

    assert answer.json()["items"][0]["version"] == 2
    assert [event["type"].split(".")[2] for event in await published(reporting)] == ["submitted", "corrected"]
    stored = await reporting.database[MEASUREMENTS].find_one({})
    assert stored is not None and [row["duration_days_sum"] for row in stored["earlier"]] == [300]


async def test_the_same_figures_again_are_no_correction(reporting, client, official) -> None:
    await client.post(URL, json=table(ROW), headers=official)

    answer = await client.post(URL, json=table(ROW), headers=official)

    assert answer.json()["items"][0]["version"] == 1
    assert len(await published(reporting)) == 1


async def test_a_body_sends_and_sees_its_own_figures_only(reporting, client, official) -> None:
    secretariat = await enrol(reporting, ("secretariat", "programme", None))
    refused = await client.post(URL, json=table(ROW, body="015146"), headers=official)

    sent = await client.post(URL, json=table(ROW, body="015146"), headers=secretariat)
    await client.post(URL, json=table(ROW), headers=official)
    seen = [
        [row["body"] for row in (await client.get(URL, params=params, headers=who)).json()["items"]]
        for who, params in (
            (official, {"half_year": "2025-H2"}),
            (official, {"half_year": "2025-H2", "body": "015146"}),
            (secretariat, {"half_year": "2025-H2"}),
        )
    ]

    assert (refused.status_code, sent.status_code) == (403, 201)
    assert seen == [[BODY], [], [BODY, "015146"]]


async def test_other_roles_cannot_send_figures(reporting, client) -> None:
    expert = await enrol(reporting, ("expert", "programme", None), ("monitor", "programme", None))

    assert (await client.post(URL, json=table(ROW), headers=expert)).status_code == 403


async def test_means_of_several_bodies_combine_by_weight(reporting, client, official) -> None:
    secretariat = await enrol(reporting, ("secretariat", "programme", None))
    await client.post(URL, json=table(ROW), headers=official)  # 4 procedures, 75 days each
    large = {"procedure": "via", "concluded_expressly": 96, "duration_days_sum": 96 * 175}
    await client.post(URL, json=table(large, body="015146"), headers=secretariat)
    await client.post(URL, json=table({"procedure": "via", "backlog": 3}, body="097042"), headers=secretariat)

    answer = (await client.get(URL, params={"half_year": "2025-H2"}, headers=secretariat)).json()

    assert answer["next_cursor"] is None
    [row] = answer["by_procedure"]
    assert row["mean_duration_days"] == 171.0
    assert (row["bodies"], row["backlog"], row["with_suspension"]) == (3, 3, None)


@pytest.mark.parametrize(
    ("rows", "half_year", "pointer"),
    [
        ([{"procedure": "nothing"}], "2025-H2", "/rows/0/procedure"),
        ([ROW, ROW], "2025-H2", "/rows/1/procedure"),
        ([{"procedure": "via", "duration_days_sum": 3}], "2025-H2", "/rows/0/duration_days_sum"),
        (
            [{"procedure": "via", "concluded_expressly": 0, "duration_days_sum": 3}],
            "2025-H2",
            "/rows/0/duration_days_sum",
        ),
        ([{"procedure": "via", "concluded_expressly": 2, "with_suspension": 3}], "2025-H2", "/rows/0/with_suspension"),
        ([ROW], "2099-H1", "/half_year"),
        ([{"procedure": "via", "started": -1}], "2025-H2", "/rows/0/started"),
        ([{"procedure": "via", "average": 1}], "2025-H2", "/rows/0/average"),
    ],
)
async def test_figures_that_cannot_be_are_refused_by_name(client, official, rows, half_year, pointer) -> None:
    answer = await client.post(URL, json=table(*rows, half_year=half_year), headers=official)

    assert answer.status_code == 422
    assert pointer in [error["pointer"] for error in answer.json()["errors"]]


async def test_an_unknown_body_is_refused(reporting, client) -> None:
    secretariat = await enrol(reporting, ("secretariat", "programme", None))

    answer = await client.post(URL, json=table(ROW, body="999999"), headers=secretariat)

    assert answer.status_code == 422


def test_a_mean_of_nothing_is_unknown_and_not_zero() -> None:
    assert measures.mean_days([{"duration_days_sum": None, "concluded_expressly": 3}]) is None
    assert measures.mean_days([]) is None
