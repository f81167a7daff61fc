"""Who the people are that a message is for: by their part in what happened, or by the role that they hold."""

from typing import Literal

Audience = Literal[
    "requester", "lead", "expert", "booker", "coordinators", "secretariat", "registrant", "representatives", "delegate"
]

READERS: dict[Audience, tuple[str, ...]] = {
    "requester": ("official", "representative"),
    "lead": ("expert", "coordinator"),
    "expert": ("expert", "coordinator"),
    "booker": ("official", "representative"),
    "coordinators": ("coordinator",),
    "secretariat": ("secretariat",),
    "registrant": ("representative", "secretariat"),
    "representatives": ("representative",),
    "delegate": ("official",),
}
"""Audience -> the roles of the people in it."""

BY_ROLE: tuple[Audience, ...] = (
    "requester", "booker", "coordinators", "secretariat", "registrant", "representatives"
)  # fmt: skip
"""Audiences that depend on who holds which role."""
