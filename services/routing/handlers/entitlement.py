"""Experts are asked only while they hold the role: what ends it takes their unanswered offers to somebody else."""

from datetime import datetime
from operator import itemgetter

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


def renew(work: Work, id: str) -> bool:
    """A period of the role is over: the next one counts, if one is known; whether there is one."""
    expert, grants = work.get(EXPERTS, id), work.get(ACCESS, id)
    if expert is None or grants is None:
        return False
    role = role_of(grants, work.now)
    if not role["entitled"] or all(expert.get(name) == value for name, value in role.items()):
        return False
    keep_profile(work, id, role)
    return True


def role_of(grants: Document | None, now: datetime) -> Document:
    """What a profile keeps of somebody's role of expert: whether they hold it, or will, and from when until when.

    No bound where there is none, or where it is past. Of grants with a gap between them those before the gap count:
    when they are over the matcher has the next ones counted (`renew`). Nothing known yet: the news is on its way.
    """
    if grants is None:
        return {"entitled": True, "role_start": None, "role_end": None}
    mine = [(grant["start"], grant["end"]) for grant in grants["grants"] if grant["role"] == "expert"]
    held = sorted(((start, end) for start, end in mine if end is None or now < end), key=itemgetter(0))
    if not held:
        return {"entitled": False, "role_start": None, "role_end": None}
    first, last = held[0]
    for start, end in held[1:]:
        if last is None or last < start:
            break
        last = None if end is None else max(last, end)
    return {"entitled": True, "role_start": first if now < first else None, "role_end": last}
