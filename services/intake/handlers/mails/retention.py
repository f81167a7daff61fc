"""What nobody decides about is not kept for ever: strangers wrote it, and we have no reason to hold it.

The mail may be sent again afterwards; it is then a new one.
"""

from datetime import timedelta

import structlog

from services.intake.handlers.mails.arrivals import Door
from services.intake.handlers.parts import Parts

log = structlog.get_logger()
_AT_ONCE = 200


async def remove_expired(parts: Parts, door: Door) -> bool:
    """Removes some of what is too old; whether more may wait. A job calls it, one process at a time."""
    before = parts.clock.now() - timedelta(days=door.policy.quarantine_days)
    count = await parts.stores.mails.expire(before, _AT_ONCE)
    if count:
        log.info("quarantined_mails_removed", count=count)
    return count == _AT_ONCE
