"""The HTTP API of intake. Each route names who may call it and hands over to one use case."""

from fastapi import APIRouter

from services.chassis.service import Service
from services.intake.api import (
    api_keys,
    bodies,
    delegates,
    imports,
    mails,
    persons,
    requests,
    subjects,
    texts,
    transitions,
)
from services.intake.handlers.parts import Parts


def router(service: Service, parts: Parts) -> APIRouter:
    """All routes of the API."""
    service.app.state.parts = parts
    service.app.state.translations = service.web.pages.translations
    service.web.larger_bodies["/api/requests/import"] = imports.LARGEST
    service.app.state.issuer = service.settings.oidc_issuer
    whole = APIRouter()
    for module in (imports, api_keys, requests, transitions, bodies, delegates, persons, subjects, texts, mails):
        whole.include_router(module.routes)
    return whole
