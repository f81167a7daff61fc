"""Who the people are that a message is for: by their part in what happened, or by the role that they hold."""

from typing import Literal

Audience = Literal[
    "requester", "lead", "expert", "booker", "coordinators", "secretariat", "registrant", "representatives",
    "delegate", "appointee", "uploader", "reviewers", "writer",
]  # fmt: skip

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
    "appointee": ("representative",),
    "uploader": ("official", "representative", "expert", "coordinator", "secretariat"),
    "reviewers": ("coordinator",),
    "writer": ("expert", "coordinator", "secretariat"),
}
"""Audience -> the roles of the people in it."""

BY_ROLE: tuple[Audience, ...] = (
    "requester", "booker", "coordinators", "secretariat", "registrant", "representatives", "reviewers"
)  # fmt: skip
"""Audiences of which everybody may be who holds one of the roles in the right scope."""

ONE_PERSON: tuple[Audience, ...] = ("writer",)
"""Audiences of the one person whom the event is about, as long as they hold one of the roles."""
