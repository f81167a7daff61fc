"""Who reads figures, and of which territory: the programme's staff of all, a provincia of its comuni, in aggregate."""

from contracts import vocabulary
from contracts.access import Role
from services.chassis.auth import Caller
from services.chassis.i18n import N_
from services.chassis.problems import forbidden
from services.chassis.validation import not_allowed
from services.reporting.store import Territory

STAFF: tuple[Role, ...] = ("monitor", "coordinator", "secretariat")
READERS: tuple[Role, ...] = (*STAFF, "official", "representative")
"""Who may ask for figures at all; of officials and representatives `territory_of` lets in those of a provincia."""


def territory_of(caller: Caller, province: str | None = None) -> Territory:
    """What the caller may read, narrowed to a province if one is wanted; of one that is not theirs there is nothing.

    Raises 403 for who acts for comuni alone, 422 for a province that nobody knows.
    """
    wanted = province.upper() if province else None
    own = caller.territories
    staff = caller.has(*STAFF)
    if not staff and not own:
        raise forbidden(
            N_(
                "These figures are for the staff of the programme, and for officials and representatives of a "
                "provincia or Città metropolitana, about the comuni of its territory."
            )
        )
    if wanted and vocabulary.province(wanted) is None:
        raise not_allowed({"/query/province": [known.sigla for known in vocabulary.provinces()]})
    if staff:
        return Territory((wanted,) if wanted else None)
    return Territory(tuple(sorted(own & {wanted} if wanted else own)), comuni_only=True)
