"""Grants: what a role can be bound to, whether one lasts, and how a form's line becomes one."""

from contracts import vocabulary
from contracts.access import Grant, Role, ScopeKind
from services.chassis.i18n import N_
from services.chassis.problems import invalid
from services.chassis.work import Work
from services.intake.handlers.person_forms import GrantForm

SCOPES: dict[Role, tuple[ScopeKind, ...]] = {
    "official": ("body",),
    "representative": ("body",),
    "front_end": ("body", "programme"),
    "expert": ("programme", "task_force"),
    "coordinator": ("programme", "task_force"),
    "secretariat": ("programme",),
    "monitor": ("programme",),
    "service": ("programme",),
}
"""What a role can be bound to."""


def lasts(grant: Grant, work: Work) -> bool:
    """Whether a grant has not ended; it may begin later."""
    return grant.end is None or work.now < grant.end


def asked_grant(work: Work, number: int, form: GrantForm) -> Grant:
    """What the `number`-th line of a person's form asks for. Raises 422 that points at the field."""
    place = f"/grants/{number}"
    if form.scope_kind not in SCOPES[form.role]:
        fault = N_("This role cannot be bound to this kind of scope.")
        raise invalid([{"pointer": f"{place}/scope_kind", "detail": fault}])
    start = form.start or work.now
    if form.end and form.end <= start:
        raise invalid([{"pointer": f"{place}/end", "detail": N_("The end must be after the start.")}])
    scope = _scope(form)
    if scope is None and form.scope_kind != "programme":
        fault = N_("Name a body by its ISTAT or IPA code, or a task force by its theme.")
        raise invalid([{"pointer": f"{place}/scope", "detail": fault}])
    return Grant(role=form.role, scope_kind=form.scope_kind, scope=scope, start=start, end=form.end)


def _scope(form: GrantForm) -> str | None:
    if form.scope_kind == "body":
        body = vocabulary.body(form.scope or "")
        return body.code if body else None
    if form.scope_kind == "task_force":
        theme = vocabulary.theme(form.scope or "")
        return theme.code if theme else None
    return None
