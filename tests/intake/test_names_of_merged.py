"""A practice of a request that others were merged into: what named their people must not be published either."""

from services.intake.handlers.practices import known_of, said_about
from tests.intake.conftest import ADMIN_KEY, Town

COMPANY = "12345678903"


async def test_what_is_known_of_a_merged_request_is_kept_from_the_practice_too(town: Town) -> None:
    helper_id, _ = await town.person({"role": "expert", "scope_kind": "programme"}, name="Ugo Brambilla")
    asker_id, _ = await town.person({"role": "expert", "scope_kind": "programme"}, name="Eva Galbusera")
    lead_id, _ = await town.person({"role": "expert", "scope_kind": "programme"}, name="Ida Pozzoli")
    sender_id, _ = await town.person({"role": "expert", "scope_kind": "programme"}, name="Lia Fumagalli")
    protocol = {"number": "8812/2026", "date": "2026-03-02"}
    merged = (await town.submitted(protocol=protocol, companies=[COMPANY]))["number"]
    survivor = (await town.submitted())["number"]
    answer = await town.call("POST", f"/api/requests/{merged}/merge", ADMIN_KEY, json={"into": survivor})
    assert answer.status_code == 200, answer.text
    requests = town.service.database["requests"]
    people = {"requester": asker_id, "sent_by": sender_id, "last_lead": lead_id, "last_helpers": [helper_id]}
    await requests.update_one({"number": merged}, {"$set": people, "$inc": {"version": 1}})
    parts = town.service.app.state.parts
    row = await requests.find_one({"number": survivor})
    assert row is not None

    known = await known_of(parts, row, await said_about(parts, row))

    assert {"Eva Galbusera", "Ugo Brambilla", "Ida Pozzoli", "Lia Fumagalli"} <= {*known.persons}
    assert {(survivor, "number"), (merged, "number"), ("8812/2026", "protocol"), (COMPANY, "tax_number")} <= {
        *known.exact
    }
