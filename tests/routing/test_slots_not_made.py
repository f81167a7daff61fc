"""A slot that cannot be offered is refused and not answered as made; of several, those that can be are offered."""

from tests.routing.material import Routing, person

SLOT = {"day": "2026-11-24", "at": "10:00", "minutes": 30, "way": "remote"}


async def test_a_slot_that_has_passed_or_overlaps_another_is_refused(routing: Routing) -> None:
    await routing.expert("anna")
    await routing.grant("anna", "expert")
    path = f"/api/experts/{person('anna')}/slots"

    async with routing.api("anna") as api:
        made = await api.post(path, json=SLOT)
        refused = [
            await api.post(path, json=SLOT | {"at": "10:15"}),
            await api.post(path, json=SLOT | {"day": "2026-11-20"}),
        ]
        partly = await api.post(path, json=SLOT | {"weeks": 2})
        kept = (await api.get(path)).json()["items"]

    assert made.status_code == 201
    assert [answer.status_code for answer in refused] == [422, 422]
    assert [answer.json()["errors"][0]["pointer"] for answer in refused] == ["/day", "/day"]
    assert (partly.status_code, partly.json()["left_out"], len(kept)) == (201, 1, 2)
