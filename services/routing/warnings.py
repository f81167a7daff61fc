"""What speaks against an expert going on with a request that was accepted, looked at in the moment of reading.

Nothing is taken away by itself: a person who follows a request may be the only one who knows it, so who coordinates
reads the warning and decides.
"""

from collections.abc import Collection, Sequence
from datetime import datetime

from services.chassis.i18n import N_
from services.chassis.mongo import Document
from services.routing.agenda import overlaps
from services.routing.handlers.conflicts import concerned, declared
from services.routing.handlers.presence import term
from services.routing.store.warnings import Suspects

WARNING: dict[str, str] = {
    "contract_over": N_("contract or role of expert has ended"),
    "conflict_declared": N_("conflict of interest declared"),
    "helper_in_conflict": N_("conflict of interest declared by who helps"),
    "away_at_talk": N_("away when a talk is booked"),
}
"""Why somebody should decide who goes on with an accepted request -> its words (msgid)."""

_NOTHING_KNOWN: Document = {"entitled": True, "absences": []}
"""The profile of an expert against whom nothing speaks."""


def ended(profile: Document, now: datetime) -> bool:
    """Whether contract or role are over."""
    end = term(profile)[1]
    return not profile["entitled"] or (end is not None and end <= now)


def in_conflict(profile: Document, case: Document) -> bool:
    """Whether the expert declared a conflict with the body, or with a company that the request names."""
    return bool(declared(profile) & concerned(case))


def missed(profile: Document, talks: Collection[Document]) -> list[Document]:
    """Those of an expert's booked talks at which the expert is away."""
    return [talk for talk in talks if overlaps(profile["absences"], talk["start"], talk["end"])]


def warnings_of(profile: Document, case: Document, talks: Collection[Document], now: datetime) -> list[str]:
    """The codes of `WARNING` that hold for an expert with this request. talks: those booked that are to come."""
    found = {
        "contract_over": ended(profile, now),
        "conflict_declared": in_conflict(profile, case),
        "away_at_talk": bool(missed(profile, [talk for talk in talks if talk["request"] == case["_id"]])),
    }
    return [code for code, holds in found.items() if holds]


def warned(
    profiles: Sequence[Document], rows: Sequence[Document], cases: Sequence[Document], talks: Sequence[Document],
    now: datetime,
) -> list[Document]:  # fmt: skip
    """The assignments that somebody should look at, each with its `warnings`; oldest first."""
    by_id, case_of = {row["_id"]: row for row in profiles}, {case["_id"]: case for case in cases}
    found = []
    for row in rows:
        profile, case = by_id.get(row["expert"], _NOTHING_KNOWN), case_of.get(row["request"])
        if case:
            mine = [talk for talk in talks if talk["expert"] == row["expert"]]
            helpers = [by_id[id] for id in row["co_experts"] if id in by_id]
            more = ["helper_in_conflict"] if any(in_conflict(one, case) for one in helpers) else []
            found.append({**row, "warnings": [*warnings_of(profile, case, mine, now), *more]})
    return sorted((row for row in found if row["warnings"]), key=lambda row: str(row["_id"]))


class Warnings:
    """The warnings as they are now."""

    def __init__(self, suspects: Suspects) -> None:
        self._suspects = suspects

    async def of_board(self, themes: Sequence[str] | None, now: datetime) -> list[Document]:
        """Accepted assignments of these themes, None for all, each with its `warnings`; oldest first."""
        profiles = await self._suspects.profiles(now)
        rows = await self._suspects.followed([row["_id"] for row in profiles])
        return await self._of(profiles, [row for row in rows if themes is None or row["task_force"] in themes], now)

    async def of(self, row: Document, now: datetime) -> list[str]:
        """The warnings about one assignment; none while it is not accepted."""
        if row["status"] != "accepted":
            return []
        profiles = await self._suspects.by_ids(row["people"])
        return [code for found in await self._of(profiles, [row], now) for code in found["warnings"]]

    async def _of(self, profiles: Sequence[Document], rows: Sequence[Document], now: datetime) -> list[Document]:
        cases = await self._suspects.cases([row["request"] for row in rows])
        talks = await self._suspects.talks({row["expert"] for row in rows}, now)
        return warned(profiles, rows, cases, talks, now)
