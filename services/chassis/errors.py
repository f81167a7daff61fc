"""Errors by what may be done about them.

AffiancaError
├── PermanentError        the same input fails for ever: park it, or answer the caller
└── TransientError        an outside party is away: try again later
"""

from pathlib import Path
from traceback import extract_tb


class AffiancaError(Exception):
    """Base of the errors that this project raises on purpose."""


class PermanentError(AffiancaError):
    """Trying again with the same input is pointless."""


class TransientError(AffiancaError):
    """Trying again later may succeed; nothing was done."""


def frames(error: BaseException) -> list[str]:
    """Where it was raised, innermost last: for logs, which take no message because messages quote what people wrote."""
    return [
        f"{Path(frame.filename).name}:{frame.lineno} {frame.name}" for frame in extract_tb(error.__traceback__)[-6:]
    ]
