"""Whether a deadline was kept is decided in one place: report, export, page and job agree on it."""

import csv
import io
from datetime import timedelta
from typing import Any

import httpx

from services.chassis.service import Service
from services.reporting.main import tell_deadlines
from services.reporting.store import DEADLINES
from tests.reporting.material import Story, consume, rome
from tests.reporting.people import enrol

URL = "/api/reports/service-levels"


async def test_a_deadline_is_broken_in_report_export_page_and_job_alike(
    reporting: Service, client: httpx.AsyncClient, session_of: Any
) -> None:
    monitor = await enrol(reporting, ("monitor", "programme", None))
    stories = [Story(rome("2026-11-16 09:00"), number) for number in (1, 2, 3)]
    due = rome("2026-11-20 18:00")
    stories[0].message(due)
    stories[1].message(due + timedelta(milliseconds=1))
    await consume(reporting, [event for story in stories for event in story.events])
    reporting.clock.move_to(due + timedelta(seconds=5))

    await tell_deadlines(reporting)
    report = (await client.get(URL, headers=monitor)).json()["totals"]["metrics"]["first_answer"]
    line = list(csv.DictReader(io.StringIO((await client.get(URL + ".csv", headers=monitor)).text)))[-1]
    cookie = session_of(monitor["id"])
    parts = [await client.get(f"/reports/requests/2026-00000{n}/deadlines", headers=cookie) for n in (1, 2, 3)]
    page = await client.get("/reports", headers=cookie)

    assert (report["met"], report["breached"], report["open"]) == (1, 2, 1)
    assert line["metrics.first_answer.breached"] == "2"
    assert "Prima risposta avvenuta il 20 novembre 2026, ore 18:00: nei tempi" in parts[0].text
    assert "Prima risposta avvenuta il 20 novembre 2026, ore 18:00: oltre il termine" in parts[1].text
    assert "Prima risposta: il termine è scaduto il 20 novembre 2026, ore 18:00" in parts[2].text
    assert "33,3 %" in page.text
    told = await reporting.database[DEADLINES].find_one({"_id": stories[2].id})
    assert told is not None and "first_answer.breached" in told["told"]
