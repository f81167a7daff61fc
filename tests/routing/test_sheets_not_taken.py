"""What intake takes for nobody's name, address or id is a fault of its cell: the other lines are spared, no 503."""

import json
import re
from typing import Any

import httpx
import pytest
from pydantic import ValidationError

from services.intake.api.enrolment import Enrolment
from services.intake.handlers.person_forms import ADDRESS
from tests.routing.material import THEME
from tests.routing.test_desk_pages import text_of, token_of
from tests.routing.test_sheets import FORM, Intake, intake, sara, send, stored  # noqa: F401

_HEADER = "email;nome;task_force;temi;tipi;posti"
_BEA = f"bea@esperti.example;Bea Rossi;{THEME};{THEME}:3;legale;2"


@pytest.fixture
def strict(intake: Intake, monkeypatch: pytest.MonkeyPatch) -> Intake:  # noqa: F811
    """The stand-in refuses names and addresses as intake does."""
    answer = intake.answer

    def refusing(request: httpx.Request) -> httpx.Response:
        people: list[dict[str, Any]] = json.loads(request.content)["experts"]
        faults = [f"/experts/{n}/name" for n, one in enumerate(people) if not one.get("name", "").isprintable()]
        faults += [f"/experts/{n}/email" for n, one in enumerate(people) if not re.match(ADDRESS, one["email"])]
        errors = [{"pointer": pointer, "detail": "No."} for pointer in faults]
        return httpx.Response(422, json={"errors": errors}) if faults else answer(request)

    monkeypatch.setattr(intake, "answer", refusing)
    return intake


async def test_a_name_with_control_characters_is_a_fault_of_its_line(routing, strict, sara) -> None:  # noqa: F811
    told = await send(routing, f"anna@esperti.example;An\0na;{THEME};{THEME}:3;legale;3", _BEA, header=_HEADER)

    assert told["status"] == 200, told
    assert [item["outcome"] for item in told["items"]] == ["refused", "created"]
    assert [fault["column"] for fault in told["items"][0]["errors"]] == ["nome"]
    assert strict.created == ["bea@esperti.example"]


async def test_a_new_expert_without_a_real_address_gets_the_form_again(routing, strict, sara) -> None:  # noqa: F811
    async with routing.browser("sara") as browser:
        token = {"csrf_token": token_of(await browser.get("/desk/experts/new"))}
        page = await browser.post("/desk/experts/new", data=token | FORM | {"email": "anna"})

    assert page.status_code == 422
    assert 'href="#f-email"' in page.text
    assert "Non è accettabile" in text_of(page)
    assert await stored(routing) == []


def test_intake_names_the_position_and_the_field_of_what_it_does_not_take() -> None:
    with pytest.raises(ValidationError) as refused:
        Enrolment.model_validate({"experts": [{"email": "a@b.example"}, {"email": "anna", "name": "x\0"}]})

    assert [fault["loc"] for fault in refused.value.errors()] == [("experts", 1, "email"), ("experts", 1, "name")]
