"""Where the states of a request stand in its picture, and how the arrows run; what they say follows from the table."""

from dataclasses import dataclass

WIDTH, HEIGHT = 1150, 680
LEGEND = (40, 574)


@dataclass(frozen=True)
class Box:
    """A state; or, as a group, several that act alike."""

    x: int
    y: int
    width: int = 150
    height: int = 46
    text: str = ""
    group: bool = False
    filled: bool = False


@dataclass(frozen=True)
class Arrow:
    """A path, and where its words begin. wrap: how many letters in a line."""

    path: str
    at: tuple[int, int]
    anchor: str = "middle"
    wrap: int = 60


BOXES: dict[str, Box] = {
    "under_way": Box(200, 30, 620, 500, "under way: somebody must act", group=True),
    "open": Box(230, 70, 560, 300, "open: an expert is looked for, or works on it", group=True),
    "draft": Box(20, 196, 90, text="draft"),
    "submitted": Box(260, 196, text="submitted"),
    "triage": Box(260, 306, text="to be sorted (triage)", width=170),
    "assigned": Box(580, 116, text="offered (assigned)", width=170),
    "in_progress": Box(580, 276, text="in progress", width=170),
    "waiting": Box(430, 452, text="waiting for the requester", width=200),
    "resolved": Box(960, 116, text="resolved", filled=True),
    "closed": Box(960, 266, text="closed", filled=True),
    "withdrawn": Box(960, 386, text="withdrawn", filled=True),
    "merged": Box(960, 466, text="merged into another", width=170, filled=True),
}

ARROWS: dict[tuple[str, str], Arrow] = {
    ("draft", "submitted"): Arrow("M110 212 H258", (118, 184), "start", 13),
    ("draft", "triage"): Arrow("M65 242 V329 H258", (73, 302), "start", 13),
    ("triage", "submitted"): Arrow("M300 306 V244", (308, 270), "start", 26),
    ("submitted", "assigned"): Arrow("M410 205 C480 205 490 139 578 139", (470, 150)),
    ("assigned", "submitted"): Arrow("M578 156 C520 156 500 228 412 228", (498, 222), "start"),
    ("assigned", "in_progress"): Arrow("M665 162 V274", (673, 222), "start"),
    ("in_progress", "submitted"): Arrow("M578 299 C500 299 480 236 412 236", (490, 318)),
    ("open", "waiting"): Arrow("M480 370 V450", (470, 402), "end", 30),
    ("waiting", "open"): Arrow("M580 452 V372", (590, 402), "start", 30),
    ("under_way", "resolved"): Arrow("M820 139 H958", (826, 112), "start", 20),
    ("resolved", "closed"): Arrow("M1035 162 V264", (1043, 200), "start", 16),
    ("resolved", "open"): Arrow("M1035 116 V22 H510 V68", (826, 16), "start", 60),
    ("closed", "open"): Arrow("M960 289 H792", (826, 312), "start", 20),
    ("under_way", "withdrawn"): Arrow("M820 409 H958", (826, 382), "start", 20),
    ("under_way", "merged"): Arrow("M820 489 H958", (826, 480), "start", 60),
}
"""(box, box) -> how the arrow between them runs."""
