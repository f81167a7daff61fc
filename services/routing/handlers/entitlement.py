"""Experts are asked only while they hold the role: a revocation takes their unanswered offers to somebody else."""

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
    """Somebody's grants changed; if it is an expert, whether they may be asked is computed anew."""
    access.apply(work, event)
    expert = work.get(EXPERTS, event.subject)
    if expert is None:
        return
    entitled = is_entitled(work.get(ACCESS, event.subject), work.now)
    if expert["entitled"] != entitled:
        keep_profile(work, event.subject, {}, entitled)


def is_entitled(grants: Document | None, now: datetime) -> bool:
    """Whether a person holds the role of expert. Nothing known yet: the news is on its way."""
    if grants is None:
        return True
    mine = (grant for grant in grants["grants"] if grant["role"] == "expert")
    return any(grant["end"] is None or now < grant["end"] for grant in mine)
