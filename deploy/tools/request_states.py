"""Draws the life of a request from its table: `python -m deploy.tools.request_states`.

`docs/images/request-states.svg` and the table between the marks in services/intake/README.md follow from
`services.intake.domain.transitions`; what routing adds follows from its `status_of`. `--check` writes nothing and exits
with 1 when a committed file differs. Only where things stand is decided here: a change of the table that needs an arrow
nobody has placed is told by name.
"""

import argparse
import sys
from dataclasses import dataclass
from pathlib import Path

from deploy.tools.request_arrows import ARROWS, BOXES, HEIGHT, LEGEND, WIDTH, Arrow, Box
from services.intake.domain.transitions import STATUSES, TRANSITIONS, UNDER_WAY, Assignment, Status, status_of

ROOT = Path(__file__).parents[2]
PICTURE = Path("docs/images/request-states.svg")
README = Path("services/intake/README.md")
BEGIN, END = "<!-- request states: begin -->", "<!-- request states: end -->"
PARTIES = {"requester": "requester", "lead": "expert", "helper": "co-expert", "coordination": "coordination"}
OPEN: tuple[Status, ...] = tuple(status for status in UNDER_WAY if status != "waiting")
"""What intake calls open: which of these it is follows from the theme and from routing."""


@dataclass(frozen=True)
class Edge:
    """From one box to another, and what is written beside the arrow."""

    start: str
    end: str
    text: str


def edges() -> list[Edge]:
    """Every change of status that the table and routing make possible; states that act alike are one box."""
    found = [Edge("draft", "submitted", "send, theme known"), Edge("draft", "triage", "send, theme unknown")]
    found += [Edge(start, end, text) for start, end, text in _by_routing()]
    for transition in TRANSITIONS:
        by = ", ".join(PARTIES[party] for party in transition.by)
        if transition.action == "reclassify":
            found.append(Edge("triage", "submitted", f"set the theme: {by}"))
        if transition.leads_to is not None:
            goal = "open" if transition.leads_to == "open" else transition.leads_to
            found += [Edge(box, goal, f"{transition.action}: {by}") for box in _boxes(transition.statuses)]
    return found


def _boxes(statuses: tuple[Status, ...]) -> list[str]:
    """The fewest boxes that hold these statuses: `under way`, `open`, else each of its own."""
    left = list(statuses)
    boxes = []
    for name, group in (("under_way", UNDER_WAY), ("open", OPEN)):
        if set(group) <= set(left):
            boxes.append(name)
            left = [status for status in left if status not in group]
    return [*boxes, *left]


def _by_routing() -> list[tuple[str, str, str]]:
    """What happens to an open request while an expert is looked for."""
    steps = [("", "offered"), ("offered", "accepted"), ("offered", "declined"), ("offered", "expired"),
             ("accepted", "released")]  # fmt: skip
    told: dict[tuple[str, str], list[str]] = {}
    for before, after in steps:
        start, end = (
            status_of("open", Assignment(status, 1, "expert") if status else None, 0, "theme")
            for status in (before, after)
        )
        told.setdefault((start, end), []).append(after)
    return [(start, end, ", ".join(words)) for (start, end), words in told.items()]


def unchanged() -> str:
    """What leaves the status as it is, a line each."""
    lines = []
    for transition in TRANSITIONS:
        if transition.leads_to is None:
            where = ", ".join(name.replace("_", " ") for name in _boxes(transition.statuses))
            by = ", ".join(PARTIES[party] for party in transition.by)
            lines.append(f"{transition.action} – {by} – while {where}")
    return "\n".join(lines)


def picture() -> str:
    """The drawing. Raises KeyError for an arrow that nobody has placed, or that leads nowhere any more."""
    wanted = edges()
    texts: dict[tuple[str, str], list[str]] = {}
    for edge in wanted:
        texts.setdefault((edge.start, edge.end), []).append(edge.text)
    if texts.keys() != ARROWS.keys():
        raise KeyError(
            f"place these arrows in request_arrows.py, or remove them: {sorted(texts.keys() ^ ARROWS.keys())}"
        )
    if missing := set(STATUSES) - BOXES.keys():
        raise KeyError(f"place these statuses in request_arrows.py: {sorted(missing)}")
    parts = [_HEAD.format(width=WIDTH, height=HEIGHT)]
    parts += [_box(name, box) for name, box in BOXES.items()]
    parts += [_arrow(arrow, texts[ends]) for ends, arrow in ARROWS.items()]
    parts.append(_legend())
    return "\n".join([*parts, "</svg>", ""])


_HEAD = """<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}"
  role="img" aria-label="The life of a request" font-family="Titillium Web, Arial, sans-serif" font-size="14">
<defs><marker id="tip" viewBox="0 0 10 10" refX="9" refY="5" markerWidth="8" markerHeight="8" orient="auto">
<path d="M0 0 10 5 0 10z" fill="#17324d"/></marker></defs>
<rect width="100%" height="100%" fill="#ffffff"/>"""


def _box(name: str, box: Box) -> str:
    frame = f'<rect x="{box.x}" y="{box.y}" width="{box.width}" height="{box.height}" rx="8" {_look(box)}/>'
    x, y, anchor = (box.x + 12, box.y + 20, "start") if box.group else (
        box.x + box.width / 2, box.y + box.height / 2 + 5, "middle"
    )  # fmt: skip
    colour = "#ffffff" if box.filled else "#17324d"
    text = _text(x, y, box.text or name.replace("_", " "), f'font-weight="700" fill="{colour}"', anchor)
    return f"{frame}\n{text}"


def _look(box: Box) -> str:
    if box.group:
        return 'fill="#eef4fb" stroke="#0066cc" stroke-dasharray="6 4"'
    return 'fill="#0066cc" stroke="#0066cc"' if box.filled else 'fill="#ffffff" stroke="#17324d" stroke-width="1.5"'


def _arrow(arrow: Arrow, texts: list[str]) -> str:
    path = f'<path d="{arrow.path}" fill="none" stroke="#17324d" stroke-width="1.5" marker-end="url(#tip)"/>'
    lines = [part for text in texts for part in _wrapped(text, arrow.wrap)]
    x, y = arrow.at
    return "\n".join(
        [path, *(_text(x, y + 17 * n, line, 'fill="#17324d"', arrow.anchor) for n, line in enumerate(lines))]
    )


def _wrapped(text: str, most: int) -> list[str]:
    lines = [""]
    for word in text.split(" "):
        if lines[-1] and len(lines[-1]) + len(word) >= most:
            lines.append("")
        lines[-1] = f"{lines[-1]} {word}".strip()
    return lines


def _text(x: float, y: float, text: str, look: str, anchor: str = "") -> str:
    how = f'{look} text-anchor="{anchor}"' if anchor else look
    return f'<text x="{x:g}" y="{y:g}" {how}>{text}</text>'


def _legend() -> str:
    x, y = LEGEND
    lines = ["Without a change of status:", *unchanged().split("\n")]
    look = ('fill="#17324d" font-weight="700"', 'fill="#17324d"')
    return "\n".join(_text(x, y + 19 * n, line, look[min(n, 1)]) for n, line in enumerate(lines))


def table() -> str:
    """The table of the README, in the order of the code."""
    lines = ["| action | while the request is | leads to | who |", "|---|---|---|---|"]
    for transition in TRANSITIONS:
        where = ", ".join(name.replace("_", " ") for name in transition.statuses)
        goal = {"open": "submitted or triage, and on from there", None: "–"}.get(
            transition.leads_to, (transition.leads_to or "").replace("_", " ")
        )
        lines.append(
            f"| {transition.action} | {where} | {goal} | {', '.join(map(PARTIES.__getitem__, transition.by))} |"
        )
    return "\n".join(lines)


def readme(text: str) -> str:
    """The README with the present table between its marks."""
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n{table()}\n{END}{after}"


def main(arguments: list[str] | None = None, root: Path = ROOT) -> int:
    """The exit code: 0 when both files agree with the table, after writing unless `--check` is given."""
    parser = argparse.ArgumentParser(description="Draw the life of a request from its table.")
    parser.add_argument("--check", action="store_true", help="write nothing; exit with 1 when something differs")
    check = parser.parse_args(arguments).check
    wanted = {PICTURE: picture(), README: readme((root / README).read_text(encoding="utf-8"))}
    stale = [
        path for path, text in wanted.items() if not (root / path).exists() or (root / path).read_text("utf-8") != text
    ]
    for path in stale:
        print(f"differs from the table: {path}" if check else f"written: {path}")
        if not check:
            (root / path).write_text(wanted[path], encoding="utf-8")
    return 1 if check and stale else 0


if __name__ == "__main__":
    sys.exit(main())
