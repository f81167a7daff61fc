"""What other services hear of practices."""

from contracts.practices import PracticeData, PracticeEvent, PracticeState
from services.chassis.auth import Caller
from services.chassis.mongo import Document
from services.chassis.work import Work
from services.intake.handlers.practices.access import reviewed_themes


def tell(work: Work, practice: Document, model: type[PracticeEvent], caller: Caller) -> None:
    """Announces what has been decided: whom it concerns, and nothing that it says."""
    practice["sequence"] = practice.get("sequence", 0) + 1
    state = PracticeState(
        id=practice["_id"],
        author=practice["author"],
        themes=tuple(sorted(reviewed_themes(practice))),
        status=practice["state"],
        edition=practice["edition"],
    )
    work.publish(model, practice["_id"], practice["sequence"], PracticeData(state=state, by=caller.id))
