"""Errors by what may be done about them.

    AffiancaError
    ├── PermanentError        the same input fails for ever: park it, or answer the caller
    └── TransientError        an outside party is away: try again later
"""


class AffiancaError(Exception):
    """Base of the errors that this project raises on purpose."""


class PermanentError(AffiancaError):
    """Trying again with the same input is pointless."""


class TransientError(AffiancaError):
    """Trying again later may succeed; nothing was done."""
