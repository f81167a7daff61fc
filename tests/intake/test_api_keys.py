"""Keys of front-ends: told once, held to their quota by every process, taken back at once."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from services.chassis.access import digest
from services.intake.handlers import importing
from services.intake.handlers.submission import prepare
from services.intake.store.quotas import QuotaStore, UsedUp, give_back
from tests.intake.conftest import ADMIN_KEY, SARONNO, VARESE, Town, a_request


async def a_key(town: Town, **fields: Any) -> dict[str, Any]:
    form = {"name": "Portale dei Comuni", "per_day": 1_000, "per_minute": 500} | fields
    answer = await town.call("POST", "/api/api-keys", json=form)
    assert answer.status_code == 201, answer.text
    town.service.principals.forget()
    key: dict[str, Any] = answer.json()
    return key


async def post(town: Town, key: str, **fields: Any) -> Any:
    headers = fields.pop("headers", {})
    return await town.call("POST", "/api/requests", key, json=a_request(**fields), headers=headers)


async def test_a_key_is_told_once_and_stored_as_its_digest(town: Town) -> None:
    headers = {"Idempotency-Key": "make-a-key-once"}
    form = {"name": "Portale", "per_day": 10, "per_minute": 10}
    first = (await town.call("POST", "/api/api-keys", json=form, headers=headers)).json()
    again = (await town.call("POST", "/api/api-keys", json=form, headers=headers)).json()

    assert first["key"].startswith("aff_") and len(first["key"]) > 40
    assert (again["id"], again["key"]) == (first["id"], None)
    access = await town.service.database["access"].find_one({"_id": first["id"]})
    assert access is not None and access["credentials"] == [digest(first["key"])]
    for collection in await town.service.database.collections():
        if not collection.startswith("files"):
            async for row in town.service.database[collection].find():
                assert first["key"] not in str(row), collection


async def test_a_key_of_a_body_sends_for_that_body_alone(town: Town) -> None:
    key = await a_key(town, body=SARONNO)

    mine, other = await post(town, key["key"], body=SARONNO), await post(town, key["key"])

    assert (mine.status_code, other.status_code) == (201, 403)
    assert key["body"] == SARONNO


async def test_a_used_up_quota_is_told_with_when_to_come_again(town: Town) -> None:
    key = await a_key(town, per_day=3)

    codes = [(await post(town, key["key"])).status_code for _ in range(3)]
    refused = await post(town, key["key"])

    assert codes == [201, 201, 201]
    assert refused.status_code == 429
    assert refused.headers["content-type"] == "application/problem+json"
    assert refused.json()["type"].endswith("quota-of-the-day")
    assert refused.headers.get_list("ratelimit-limit") == ["3"]
    assert refused.headers["ratelimit-remaining"] == "0"
    assert 0 < int(refused.headers["retry-after"]) <= 86_400


async def test_the_minute_has_a_quota_of_its_own_and_the_next_one_is_new(town: Town) -> None:
    key = await a_key(town, per_minute=2)
    clock = town.service.clock
    clock.advance(timedelta(seconds=60 - clock.now().second))

    codes = [(await post(town, key["key"])).status_code for _ in range(3)]
    refused = await post(town, key["key"])
    clock.advance(timedelta(seconds=61))
    later = await post(town, key["key"])
    clock.reset()

    assert codes == [201, 201, 429]
    assert refused.json()["type"].endswith("quota-of-the-minute")
    assert int(refused.headers["retry-after"]) <= 60
    assert later.status_code == 201


async def test_what_the_quota_refuses_takes_no_number(town: Town) -> None:
    key, other = await a_key(town, per_day=1), await a_key(town)

    first = (await post(town, key["key"])).json()["number"]
    codes = [(await post(town, key["key"])).status_code for _ in range(3)]
    following = (await post(town, other["key"])).json()["number"]

    assert codes == [429] * 3
    assert int(following[5:]) == int(first[5:]) + 1


async def test_what_is_refused_or_was_sent_before_is_not_counted(town: Town) -> None:
    key = await a_key(town, per_day=2)
    headers = {"Idempotency-Key": f"the same {key['id']}"}

    codes = [(await post(town, key["key"], headers=headers)).status_code for _ in range(4)]
    codes += [(await post(town, key["key"], theme="no-such-theme")).status_code for _ in range(4)]
    codes.append((await post(town, key["key"])).status_code)

    assert codes == [201] * 4 + [422] * 4 + [201]


async def test_two_processes_and_a_restart_together_never_exceed_the_quota_and_lose_a_block_at_most(
    town: Town,
) -> None:
    key = await a_key(town, per_day=100, per_minute=100)
    row = await town.service.database["api_keys"].find_one({"_id": key["id"]})
    assert row is not None
    now = town.service.clock.now()
    now -= timedelta(seconds=now.second % 60)
    taken = 0
    restarted = QuotaStore(town.service.database)
    for _ in range(7):
        await restarted.take(row, now)
        taken += 1

    async def take_all(store: QuotaStore) -> int:
        count = 0
        while True:
            try:
                await store.take(row, now)
            except UsedUp:
                return count
            count += 1

    taken += sum(await asyncio.gather(*(take_all(QuotaStore(town.service.database)) for _ in range(2))))

    assert 100 - 2 <= taken <= 100  # A block of a hundred is two.


async def test_a_key_that_is_taken_back_or_has_expired_does_nothing_any_more(town: Town) -> None:
    end = town.service.clock.now() + timedelta(hours=1)
    revoked, expiring = await a_key(town), await a_key(town, expires_at=end.isoformat())
    assert (await post(town, revoked["key"])).status_code == 201

    answer = await town.call("POST", f"/api/api-keys/{revoked['id']}/revocation")
    town.service.principals.forget()
    after = await post(town, revoked["key"])
    town.service.clock.advance(timedelta(hours=2))
    late = await post(town, expiring["key"])
    states = {item["id"]: item["state"] for item in (await town.call("GET", "/api/api-keys")).json()["items"]}
    town.service.clock.reset()

    assert answer.json()["state"] == "revoked"
    assert (after.status_code, late.status_code) == (403, 403)
    assert (states[revoked["id"]], states[expiring["id"]]) == ("revoked", "expired")


@pytest.mark.parametrize("how", ["revoked", "erased", "moved"])
async def test_a_key_can_be_taken_back_whatever_became_of_its_principal(town: Town, how: str) -> None:
    key = await a_key(town)
    path, facts = f"/api/persons/{key['id']}", {"role": "front_end", "scope_kind": "body", "scope": VARESE}
    if how == "revoked":
        changed = await town.call("POST", f"{path}/revocation", json={"role": "front_end"})
    elif how == "erased":
        changed = await town.call("DELETE", path)
    else:
        person = {"name": "Portale", "grants": [facts], "api_keys_sha256": [digest(key["key"])]}
        changed = await town.call("PUT", path, json=person)
    assert changed.status_code < 300, changed.text

    answer = await town.call("POST", f"/api/api-keys/{key['id']}/revocation")

    town.service.principals.forget()
    assert (answer.status_code, answer.json()["state"]) == (200, "revoked")
    assert (await post(town, key["key"], body=VARESE)).status_code in (401, 403)


async def test_what_is_given_back_late_is_not_given_to_the_next_minute(town: Town) -> None:
    key = await a_key(town, per_day=100, per_minute=2)
    row = await town.service.database["api_keys"].find_one({"_id": key["id"]})
    assert row is not None
    store, now = QuotaStore(town.service.database), town.service.clock.now()
    early = await store.take(row, now)
    later = now + timedelta(minutes=1)
    await store.take(row, later)

    give_back(early)

    await store.take(row, later)
    with pytest.raises(UsedUp):
        await store.take(row, later)


async def test_lines_that_two_imports_bring_at_once_are_counted_once(town: Town) -> None:
    key = await a_key(town, per_day=5)
    lines = "".join(f"{SARONNO};tecnica;Riga {key['id']} {n};Testo\n" for n in range(2))
    file = f"ente;tipo;oggetto;descrizione\n{lines}".encode()
    headers = {"Content-Type": "text/csv"}
    await asyncio.gather(
        *(town.call("POST", "/api/requests/import", key["key"], content=file, headers=headers) for _ in range(2))
    )

    codes = [(await post(town, key["key"])).status_code for _ in range(4)]

    assert codes == [201, 201, 201, 429]


async def test_use_is_shown_by_day_with_the_last_time(town: Town) -> None:
    key = await a_key(town, per_day=1_000)
    for _ in range(3):
        await post(town, key["key"])

    listed = (await town.call("GET", "/api/api-keys")).json()["items"]

    [shown] = [item for item in listed if item["id"] == key["id"]]
    assert shown["used_today"] == 3
    assert list(shown["days"].values()) == [3]
    assert shown["last_used_at"] is not None


async def test_an_import_ends_where_the_quota_does_and_goes_on_the_next_day(town: Town) -> None:
    key = await a_key(town, per_day=3)
    lines = "".join(f"{SARONNO};tecnica;Riga {key['id']} {n};Testo\n" for n in range(5))
    file = f"ente;tipo;oggetto;descrizione\n{lines}".encode()
    headers = {"Content-Type": "text/csv"}

    answer = await town.call("POST", "/api/requests/import", key["key"], content=file, headers=headers)

    count = await town.service.database["requests"].count_documents({"title": {"$regex": key["id"]}})
    assert answer.text.count('"imported","number"') == count == 3
    assert '"stopped":null' not in answer.text
    admin = await town.call("POST", "/api/requests/import", ADMIN_KEY, content=file, headers=headers)
    assert '"imported":5' in admin.text


async def test_an_import_reads_no_line_that_the_quota_does_not_allow_and_counts_none_that_is_refused(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = await a_key(town, per_day=2)
    themes = ("site-remediation", "site-remediatoin", "site-remediation", "site-remediation", "site-remediation")
    lines = [f"{VARESE};tecnica;Riga {n};Serve un parere.;{theme}" for n, theme in enumerate(themes)]
    file = "\n".join(["ente;tipo;oggetto;descrizione;tema", *lines]).encode()
    prepared: list[str] = []

    async def counted(parts: Any, caller: Any, form: Any, *more: Any, **named: Any) -> Any:
        prepared.append(form.title)
        return await prepare(parts, caller, form, *more, **named)

    monkeypatch.setattr(importing, "prepare", counted)
    headers = {"Content-Type": "text/csv"}
    answer = await town.call("POST", "/api/requests/import?lang=en", key["key"], content=file, headers=headers)

    assert '"imported":2' in answer.text and '"refused":1' in answer.text, answer.text
    assert prepared == ["Riga 0", "Riga 1", "Riga 2"]
