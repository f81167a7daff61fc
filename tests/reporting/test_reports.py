"""Reports over real facts: equal to a naive computation, the same in every form, and cheap."""

import csv
import io
import random
from collections import Counter
from datetime import datetime, timedelta
from statistics import median_low
from typing import Any

import httpx
import pytest

from services.chassis.service import Service
from services.reporting import exports, figures
from tests.reporting import naive
from tests.reporting.material import Story, consume, random_story, rome
from tests.reporting.people import enrol

NOW = rome("2026-11-20 12:00")
URL = "/api/reports/service-levels"


@pytest.fixture
async def stories(reporting: Service) -> list[Story]:
    """200 random requests, applied, with the clock standing shortly before their last events."""
    chance = random.Random(20261120)
    stories = [random_story(chance, number) for number in range(1, 201)]
    reporting.clock.move_to(NOW)
    await consume(reporting, [event for story in stories for event in story.events])
    return stories


@pytest.fixture
async def monitor(reporting: Service) -> dict[str, str]:
    return await enrol(reporting, ("monitor", "programme", None))


def expected(stories: list[Story], now: datetime, metric: str) -> dict[str, Any]:
    judged = [naive.judged(story, now)[metric] for story in stories]
    verdicts = Counter(clock["verdict"] for clock in judged)
    minutes = sorted(clock["minutes"] for clock in judged if clock["minutes"] is not None)
    met, broken = verdicts["met"], verdicts["breached"] + verdicts["overdue"]
    return {
        "completed": len(minutes),
        "median_minutes": median_low(minutes) if minutes else None,
        "p90_minutes": next((m for i, m in enumerate(minutes, 1) if i * 10 >= len(minutes) * 9), None),
        "within_target": round(met / (met + broken), 4) if met + broken else None,
        "met": met,
        "breached": broken,
        "open": verdicts["in_time"] + verdicts["at_risk"] + verdicts["overdue"],
        "at_risk": verdicts["at_risk"],
    }


def told(row: dict[str, Any], metric: str) -> dict[str, Any]:
    return {name: value for name, value in row["metrics"][metric].items() if name not in ("median", "p90")}


async def test_the_report_equals_a_naive_computation(stories, monitor, client) -> None:
    report = (await client.get(URL, headers=monitor)).json()
    now = datetime.fromisoformat(report["generated_at"])

    keys = {item["key"] for item in report["items"]}
    assert keys == {story.state["theme"] for story in stories}
    for row in (*report["items"], report["totals"]):
        chosen = [s for s in stories if row is report["totals"] or s.state["theme"] == row["key"]]
        for metric in ("acceptance", "first_answer", "resolution"):
            assert told(row, metric) == expected(chosen, now, metric), (row["label"], metric)
        left = Counter(story.state["status"] for story in chosen)
        assert (row["withdrawn"], row["merged"]) == (left["withdrawn"], left["merged"])
        assert row["requests"] == len(chosen) - row["withdrawn"] - row["merged"]
        assert row["synthetic"] == sum(story.state["synthetic"] for story in chosen)


async def test_the_groups_of_every_kind_add_up_to_the_totals(stories, monitor, client) -> None:
    kinds = ("procedure", "province", "kind", "channel", "month")
    reports = [(await client.get(URL, params={"group_by": kind}, headers=monitor)).json() for kind in kinds]

    for report in reports:
        assert sum(item["requests"] for item in report["items"]) == report["totals"]["requests"]
        for count in ("met", "breached", "open", "at_risk", "completed"):
            parts = sum(item["metrics"]["resolution"][count] for item in report["items"])
            assert parts == report["totals"]["metrics"]["resolution"][count], (report["group_by"], count)


async def test_the_csv_equals_the_json_to_the_last_digit(stories, monitor, client) -> None:
    params = {"group_by": "province", "to": "2026-12-31"}
    report = (await client.get(URL + ".json", params=params, headers=monitor)).json()
    reporting_csv = await client.get(URL + ".csv", params=params, headers=monitor)

    rows = list(csv.DictReader(io.StringIO(reporting_csv.text)))

    assert reporting_csv.headers["content-type"].startswith("text/csv")
    items = [exports.flat(item) for item in report["items"]]
    told = [{name: "" if value is None else str(value) for name, value in item.items()} for item in items]
    assert rows[:-1] == told
    totals = {name: "" if value is None else str(value) for name, value in exports.flat(report["totals"]).items()}
    assert rows[-1] == totals | {"key": "total"}


async def test_a_period_takes_whole_days_of_rome(reporting, monitor, client) -> None:
    stories = [Story(rome(f"2026-11-{day} {time}"), number) for number, (day, time) in enumerate(
        [("09", "23:59"), ("10", "00:00"), ("10", "23:59"), ("11", "00:00")], 1)]  # fmt: skip
    await consume(reporting, [event for story in stories for event in story.events])

    report = await client.get(URL, params={"from": "2026-11-10", "to": "2026-11-10"}, headers=monitor)

    assert report.json()["totals"]["requests"] == 2


async def test_synthetic_requests_are_counted_apart_and_can_be_left_out(stories, monitor, client) -> None:
    everything = (await client.get(URL, headers=monitor)).json()
    real = (await client.get(URL, params={"include_synthetic": False}, headers=monitor)).json()

    made_up = sum(story.state["synthetic"] for story in stories)
    assert (everything["synthetic"], real["synthetic"]) == (made_up, 0)
    counted = [
        sum(report["totals"][name] for name in ("requests", "withdrawn", "merged")) for report in (everything, real)
    ]
    assert counted == [200, 200 - made_up]


async def test_the_backlog_at_a_past_instant_is_what_was_open_then(stories, monitor, client) -> None:
    for days_before in (0, 3, 20, 60):
        at = NOW - timedelta(days=days_before, minutes=15)

        report = (await client.get("/api/reports/backlog", params={"at": at.isoformat()}, headers=monitor)).json()

        open_then = [story for story in stories if naive.open_at(story, at)]
        assert report["totals"]["requests"] == len(open_then)
        week = sum((at - story.state["received_at"]).days <= 7 for story in open_then)
        assert report["items"][0]["requests"] == week


async def test_the_workload_counts_open_requests_and_names_nobody(stories, monitor, client) -> None:
    answer = await client.get("/api/reports/workload", params={"group_by": "theme"}, headers=monitor)

    report = answer.json()
    open_now = [s for s in stories if s.state["status"] in ("submitted", "assigned", "in_progress", "waiting")]
    assert report["totals"]["open"] == len(open_now)
    parts = [report["totals"][column] for column in figures.WORK_COLUMNS]
    assert sum(parts) == len(open_now)
    assert not {story.state["lead"] for story in stories if story.state["lead"]} & set(answer.text.split('"'))


async def test_metrics_can_be_chosen(stories, monitor, client) -> None:
    report = (await client.get(URL, params={"metrics": "resolution"}, headers=monitor)).json()
    refused = await client.get(URL, params={"metrics": "speed"}, headers=monitor)

    assert list(report["totals"]["metrics"]) == ["resolution"]
    assert report["totals"]["requests"] > 0
    assert refused.status_code == 422


@pytest.mark.parametrize(
    ("suffix", "accept"), [(".xlsx", "*/*"), ("", "application/vnd.apache.parquet"), ("", "image/*")]
)
async def test_a_form_that_does_not_exist_is_refused_naming_those_that_do(
    reporting, monitor, client, suffix, accept
) -> None:
    answer = await client.get(URL + suffix, headers={**monitor, "Accept": accept})

    assert answer.status_code == 406
    assert "json, csv" in answer.json()["detail"]


async def test_csv_comes_by_accept_header_too(reporting, monitor, client) -> None:
    answer = await client.get("/api/reports/backlog", headers={**monitor, "Accept": "text/csv"})

    assert answer.headers["content-type"].startswith("text/csv")
    assert answer.text.splitlines()[-1] == "total,,0,0"


ROLES = {
    "monitor": 200, "coordinator": 200, "secretariat": 200,
    "expert": 403, "official": 403, "representative": 403, "front_end": 403, "service": 403,
}  # fmt: skip


async def test_reports_are_for_the_programmes_own_staff(reporting: Service, client: httpx.AsyncClient) -> None:
    callers = {role: await enrol(reporting, (role, "programme", None)) for role in ROLES}

    for path in (URL, URL + ".csv", "/api/reports/backlog", "/api/reports/workload"):
        statuses = {role: (await client.get(path, headers=headers)).status_code for role, headers in callers.items()}

        assert statuses == ROLES, path
        assert (await client.get(path)).status_code == 401


def test_percentiles_are_observed_values() -> None:
    counts = Counter({10: 1, 20: 1, 30: 1, 1000: 1})

    assert [figures.percentile(counts, percent) for percent in (50, 75, 90)] == [20, 30, 1000]
    assert figures.percentile(Counter(), 50) is None


def test_durations_are_written_in_hours_and_minutes() -> None:
    assert [figures.iso_duration(minutes) for minutes in (0, 59, 60, 2410)] == ["PT0M", "PT59M", "PT1H", "PT40H10M"]
