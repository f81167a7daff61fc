"""What a sheet does not say stays as it is, and what nobody can read is a fault of its line and column."""

import pytest

from tests.routing.material import THEME
from tests.routing.test_sheets import intake, sara, send, stored  # noqa: F401

_ALWAYS = "email;nome;task_force;temi;tipi;posti"
_BEA = f"bea@esperti.example;Bea Rossi;{THEME};{THEME}:3;legale;2"
_HALVES = "contratto_dal;contratto_al;enti_in_conflitto;imprese_in_conflitto"


@pytest.mark.parametrize(
    ("column", "cell", "changed"),
    [
        ("contratto_dal", "2026-02-01", {"from": "2026-02-01"}), ("contratto_al", "2026-11-30", {"to": "2026-11-30"}),
        ("enti_in_conflitto", "015146", {"bodies": ["015146"]}),
        ("imprese_in_conflitto", "01234567890", {"companies": ["01234567890"]}),
    ],
)  # fmt: skip
async def test_a_column_for_one_half_leaves_the_other_as_it_is(routing, intake, sara, column, cell, changed) -> None:  # noqa: F811
    whole = f"{_BEA};2026-01-01;2026-12-31;012133;00743110157"
    await send(routing, whole, header=f"{_ALWAYS};{_HALVES}")
    (before,) = await stored(routing)

    told = await send(routing, f"{_BEA};{cell}", header=f"{_ALWAYS};{column}")

    (bea,) = await stored(routing)
    name = "contract" if column.startswith("contratto") else "conflicts"
    assert told["counts"]["updated"] == 1, told
    assert bea[name] == before[name] | changed
    kept = {"contratto_dal": "contract_end", "contratto_al": "contract_start"}.get(column, "contract_start")
    assert bea[kept] == before[kept] is not None


async def test_half_a_contract_that_contradicts_the_other_half_is_refused(routing, intake, sara) -> None:  # noqa: F811
    await send(routing, f"{_BEA};2026-06-01;2026-12-31", header=f"{_ALWAYS};contratto_dal;contratto_al")
    before = await stored(routing)

    told = await send(routing, f"{_BEA};2026-05-31", header=f"{_ALWAYS};contratto_al")
    both = await send(routing, f"{_BEA};2026-06-01;2026-05-31", header=f"{_ALWAYS};contratto_dal;contratto_al")

    for answer in (told, both):
        assert [fault["column"] for fault in answer["items"][0]["errors"]] == ["contratto_al"]
    assert await stored(routing) == before


@pytest.mark.parametrize(
    ("cell", "column"),
    [("inf", "posti"), ("nan", "posti"), ("1e400", "posti"), ("2\r3", "posti"), ("2" * 140_000, "posti")],
)
async def test_a_cell_that_nobody_can_read_is_a_fault_of_its_column(routing, intake, sara, cell, column) -> None:  # noqa: F811
    told = await send(routing, f"anna@esperti.example;Anna;{THEME};{THEME}:3;legale;{cell}", _BEA, header=_ALWAYS)

    assert told["status"] == 200, told
    assert column in [fault["column"] for fault in told["items"][0]["errors"]]
    assert [item["outcome"] for item in told["items"]] == ["refused", "created"]
    assert told["items"][0]["errors"][0]["detail"]


@pytest.mark.parametrize("cell", ["posti\r", "x" * 140_000])
async def test_a_first_line_that_nobody_can_read_is_no_sheet(routing, intake, sara, cell) -> None:  # noqa: F811
    assert (await send(routing, _BEA, header=f"{cell};email;tipi;temi;task_force"))["status"] == 422
