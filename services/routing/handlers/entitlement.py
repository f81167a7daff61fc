"""Experts are asked only while they hold the role: what ends it takes their unanswered offers to somebody else."""

from datetime import datetime

from contracts.access import AccessEvent
from services.chassis import access
from services.chassis.access import ACCESS
from services.chassis.mongo import Document
from services.chassis.work import Keys, Work
from services.routing.handlers.experts import keep_profile
from services.routing.store import EXPERTS


def needs(event: AccessEvent) -> Keys:
    """The grants and the profile of the person."""
    return {**access.needs(event), EXPERTS: [event.subject]}


def access_changed(work: Work, event: AccessEvent) -> None:
    """Somebody's grants changed; if it is an expert, whether and when they may be asked is computed anew."""
    access.apply(work, event)
    expert = work.get(EXPERTS, event.subject)
    if expert is None:
        return
    role = role_of(work.get(ACCESS, event.subject), work.now)
    if any(expert.get(name) != value for name, value in role.items()):
        keep_profile(work, event.subject, role)


def role_of(grants: Document | None, now: datetime) -> Document:
    """What a profile keeps of somebody's role of expert: whether they hold it, or will, and from when until when.

    No bound where there is none, or where it is past. Between two grants with a gap they count as holding it. Nothing
    known yet: the news is on its way.
    """
    if grants is None:
        return {"entitled": True, "role_start": None, "role_end": None}
    mine = [grant for grant in grants["grants"] if grant["role"] == "expert"]
    held = [grant for grant in mine if grant["end"] is None or now < grant["end"]]
    starts, ends = [grant["start"] for grant in held], [grant["end"] for grant in held]
    first, last = min(starts, default=None), None if None in ends else max(ends, default=None)
    return {"entitled": bool(held), "role_start": first if first and now < first else None, "role_end": last}
