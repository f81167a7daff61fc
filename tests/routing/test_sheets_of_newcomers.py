"""Of known experts a sheet tells what changes; who is new needs a whole profile and an address of their own."""

import pytest

from contracts.envelope import derived_id
from tests.routing.test_sheets import ANNA, BEA, Intake, intake, sara, send, stored  # noqa: F401


async def test_one_cell_of_a_known_expert_changes_without_the_other_columns(routing, intake, sara) -> None:  # noqa: F811
    await send(routing, ANNA)
    (before,) = await stored(routing)

    told = await send(routing, "anna@esperti.example;9", header="email;posti")
    same = await send(routing, "anna@esperti.example;9", header="email;posti")

    (anna,) = await stored(routing)
    assert (told["counts"]["updated"], same["counts"]["unchanged"]) == (1, 1), told
    assert anna["capacity"] == 9
    assert {name for name in anna if anna[name] != before[name]} <= {"capacity", "version", "sequence"}


@pytest.mark.parametrize("query", ["", "?dry_run=true"])
async def test_who_is_new_needs_a_whole_profile_and_is_entered_nowhere_without(routing, intake, sara, query) -> None:  # noqa: F811
    told = await send(routing, "nuova@esperti.example;Nuova;9", header="email;nome;posti", query=query)

    (line,) = told["items"]
    assert line["outcome"] == "refused"
    assert {fault["column"] for fault in line["errors"]} == {"task_force", "temi", "tipi"}
    assert intake.created == [] == await stored(routing)


@pytest.mark.parametrize("apart", [0, 60])
async def test_two_new_names_with_one_address_are_not_two_persons(routing, intake, sara, apart, monkeypatch) -> None:  # noqa: F811
    def by_name(self: Intake, one: dict[str, str], dry_run: bool) -> dict[str, str]:
        id = derived_id("expert", one["email"] + one["name"])
        known = id in self.known
        if not dry_run and not known:
            self.known[id] = id
            self.created.append(one["name"])
        return {"id": id, "name": one["name"], "outcome": "known" if known else "created"}

    monkeypatch.setattr(Intake, "_one", by_name)
    between = [BEA.replace("bea@", f"x{n}@") for n in range(apart)]
    told = await send(routing, BEA, *between, BEA.replace("Bea Rossi", "Rossi Bea"))

    last = told["items"][-1]
    assert (last["line"], last["outcome"]) == (apart + 3, "refused")
    assert [fault["column"] for fault in last["errors"]] == ["email"]
    assert "Rossi Bea" not in intake.created
    assert told["counts"]["created"] == apart + 1 == len(await stored(routing))
