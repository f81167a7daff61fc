"""The HTTP API of intake. Each route names who may call it and hands over to one use case."""

from fastapi import APIRouter

from services.chassis.service import Service
from services.intake.api import (
    bodies,
    delegates,
    drafts,
    mails,
    persons,
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
    service.app.state.issuer = service.settings.oidc_issuer
    whole = APIRouter()
    # Before the routes of a single request: `similar` is not a number.
    for module in (similar, requests, transitions, bodies, delegates, persons, subjects, texts, mails, drafts, views):
        whole.include_router(module.routes)
    return whole
