"""What routing keeps, and an index for each question asked of it (tests/routing/test_plans.py reads the plans).

cases        a request as far as routing needs it: its newest state, its lead, whether it waits
assignments  one document for each offer: who was asked, until when, what came of it
decisions    why: chosen, shares of the score, runners-up, vetoed with reasons, version of the rules
experts      profiles: themes with levels, kinds, provinces, capacity, absences
loads        which assignments take an expert's places; guards the capacity by its version
reassignments previews of an expert's cases going to others, and what became of each; forgotten after 30 days
rules        the text of every version of the rules, from the moment at which it began to decide
checks       experts to look at from a moment on: a place was freed, a profile changed, an absence ends
agendas      the slots that each expert offers for talks, with the talks that took them; one document a person
talks        talks that were booked, moved and called off
loose        talks of assignments that ended, whose slots are to be freed
actions      what experts did for a request, how long it took, and how it was written before
"""

from services.chassis.mongo import Index

CASES = "cases"
ASSIGNMENTS = "assignments"
DECISIONS = "decisions"
EXPERTS = "experts"
LOADS = "loads"
CHECKS = "checks"
REASSIGNMENTS = "reassignments"
AGENDAS = "agendas"
TALKS = "talks"
LOOSE = "loose"
ACTIONS = "actions"

_QUEUED = {"queue": {"$gt": ""}}

INDEXES = (
    Index(CASES, (("number", 1),), unique=True),
    Index(CASES, (("queue", 1), ("precedence", 1), ("_id", 1)), partial=_QUEUED),
    Index(CASES, (("queue", 1), ("theme", 1), ("precedence", 1), ("_id", 1)), partial=_QUEUED),
    # The board counts who waits from this index alone, and lists those of a theme and a province in order.
    Index(CASES, (("queue", 1), ("theme", 1), ("province", 1), ("precedence", 1), ("_id", 1)), partial=_QUEUED),
    # Two leads of one request cannot be stored, whatever the code that writes them believes.
    Index(ASSIGNMENTS, (("request", 1),), unique=True, partial={"active": True}),
    Index(ASSIGNMENTS, (("expires_at", 1),), partial={"status": "offered"}),
    Index(ASSIGNMENTS, (("remind_at", 1),), partial={"status": "offered"}),
    # `active` is among the keys, or counting would read every document to see what the condition says already.
    Index(
        ASSIGNMENTS,
        (("active", 1), ("task_force", 1), ("province", 1), ("status", 1), ("_id", 1)),
        partial={"active": True},
    ),
    Index(ASSIGNMENTS, (("people", 1), ("_id", -1))),
    Index(ASSIGNMENTS, (("people", 1), ("status", 1), ("_id", -1))),
    Index(ASSIGNMENTS, (("status", 1), ("_id", -1))),
    Index(ASSIGNMENTS, (("province", 1), ("_id", -1))),
    Index(DECISIONS, (("request", 1), ("at", -1))),
    Index(EXPERTS, (("themes.code", 1),)),
    Index(EXPERTS, (("task_forces", 1), ("_id", 1))),
    # The warnings ask for experts by any of these.
    Index(EXPERTS, (("contract_end", 1),)),
    Index(EXPERTS, (("role_end", 1),)),
    Index(EXPERTS, (("entitled", 1),)),
    Index(EXPERTS, (("conflicts.bodies", 1),)),
    Index(EXPERTS, (("conflicts.companies", 1),)),
    Index(EXPERTS, (("absences.end", 1),)),
    Index(REASSIGNMENTS, (("at", 1),), ttl_days=30),
    Index(CHECKS, (("at", 1),)),
    # The body's other requests on the same procedure.
    Index(CASES, (("body", 1), ("procedure", 1), ("_id", -1)), partial={"procedure": {"$gt": ""}}),
    # Two talks in one slot cannot be stored, whatever the code that writes them believes.
    Index(TALKS, (("slot", 1),), unique=True, partial={"active": True}),
    Index(TALKS, (("request", 1), ("start", 1))),
    Index(TALKS, (("expert", 1), ("start", 1))),
    Index(LOOSE, (("at", 1),)),
    Index(ACTIONS, (("assignment", 1), ("day", -1), ("_id", -1))),
    Index(ACTIONS, (("expert", 1), ("month", 1), ("day", -1), ("_id", -1))),
    Index(ACTIONS, (("task_force", 1), ("month", 1))),
    Index("rules", (("version", 1), ("since", -1))),
)

DERIVED: tuple[str, ...] = ()
"""Nothing here may be dropped: rounds and decisions exist nowhere else."""
