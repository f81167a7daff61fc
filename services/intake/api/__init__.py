"""The HTTP API of intake. Each route names who may call it and hands over to one use case."""

from fastapi import APIRouter

from services.chassis.service import Service
from services.intake.api import (
    api_keys,
    attachments,
    bodies,
    delegates,
    drafts,
    editing,
    enrolment,
    imports,
    links,
    mails,
    many_answers,
    persons,
    practice_review,
    practices,
    requests,
    similar,
    subjects,
    texts,
    transitions,
    views,
)
from services.intake.handlers.parts import Parts


def router(service: Service, parts: Parts) -> APIRouter:
    """All routes of the API."""
    service.app.state.parts = parts
    service.app.state.translations = service.web.pages.translations
    service.app.state.issuer = service.settings.oidc_issuer
    whole = APIRouter()
    # Before the requests: `import` and `similar` are no numbers.
    of_requests = (imports, similar, requests, attachments, transitions, editing, links)
    of_people = (api_keys, bodies, delegates, persons, drafts, views, enrolment)
    for module in (*of_requests, *of_people, subjects, texts, mails, practices, practice_review):
        whole.include_router(module.routes)
    whole.include_router(many_answers.router(service, parts))
    return whole
