"""Back-up and restore of the four databases: `python -m deploy.tools.backup dump|restore FOLDER`.

A back-up is one moment: all databases are read in one snapshot (they must lie on one replica set, and the reading
may take as long as MongoDB keeps history, five minutes by default). Each collection is a file of BSON documents
with its SHA-256 in `manifest.json`; files in GridFS are collections like any other. The folder holds personal data
and is readable by its owner alone.

A restore checks every hash first, refuses running services and databases that are not empty (`--replace`), and
begins a new epoch, so that what the owner writes from then on is newer than what the others remember. Owners that
are not restored send what they published since the back-up again: every effect still happens once.
"""

import argparse
import asyncio
import hashlib
import json
import os
import sys
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import IO, Any

from bson import CodecOptions, decode_file_iter
from bson.raw_bson import RawBSONDocument
from pymongo import MongoClient, WriteConcern
from pymongo.client_session import ClientSession
from pymongo.errors import PyMongoError

from deploy.tools.manifest import MANIFEST, Manifest, Refused, checked
from deploy.tools.numbers import blocks_taken, skip_blocks
from services.chassis.broker_watch import POSITIONS
from services.chassis.epoch import raise_epoch, read_epoch
from services.chassis.leases import LEASES
from services.chassis.mongo import Database
from services.chassis.outbox import OUTBOX
from services.chassis.settings import Settings

SERVICES = ("intake", "routing", "notify", "reporting")
_RAW: CodecOptions[Any] = CodecOptions(document_class=RawBSONDocument)
_OF_THE_MOMENT = {LEASES, POSITIONS}
"""What says who works now and how far the broker was: false after a restore."""
_MARGIN = timedelta(hours=1)
_BATCH = 500


def dump(settings: Settings, folder: Path) -> Manifest:
    """Writes a back-up into a folder that does not exist yet, and returns its manifest."""
    if folder.exists():
        raise Refused(f"{folder} exists already. Name a folder that does not.")
    part = folder.with_name(f"{folder.name}.part-{os.getpid()}")
    part.mkdir(mode=0o700, parents=True)
    manifest: Manifest = {"format": 1, "taken_at": datetime.now(UTC).isoformat(), "databases": {}}
    with MongoClient[Any](settings.mongo_url) as client, client.start_session(snapshot=True) as session:
        for service in SERVICES:
            (part / service).mkdir(mode=0o700)
            manifest["databases"][service] = {
                name: _write(client, session, settings.database(service), name, part / service / f"{name}.bson")
                for name in _collections(client, settings.database(service))
            }
    _store(part / MANIFEST, json.dumps(manifest, indent=1).encode())
    part.rename(folder)  # Only whole back-ups have their name.
    return manifest


def restore(settings: Settings, folder: Path, services: Sequence[str] = SERVICES, replace: bool = False) -> list[str]:
    """Puts the databases of some services back, and returns what was done, in sentences."""
    manifest = checked(folder, services)
    with MongoClient[Any](settings.mongo_url, w="majority", journal=True) as client:
        for service in services:
            _check_target(client, settings.database(service), replace)
        done = [_restore_one(client, settings, service, folder / service, manifest) for service in services]
        since = datetime.fromisoformat(manifest["taken_at"]) - _MARGIN
        for service in [name for name in SERVICES if name not in services]:
            outbox = client[settings.database(service)][OUTBOX]
            marked = outbox.update_many({"time": {"$gte": since}}, {"$set": {"unpublished": True}}).modified_count
            done.append(f"{service}: {marked} events will be sent again")
    return done


def _collections(client: MongoClient[Any], database: str) -> list[str]:
    names = client[database].list_collection_names(filter={"type": "collection"})
    return sorted(name for name in names if name not in _OF_THE_MOMENT and not name.startswith("system."))


def _write(
    client: MongoClient[Any], session: ClientSession, database: str, collection: str, path: Path
) -> dict[str, Any]:
    documents, size, checksum = 0, 0, hashlib.sha256()
    source = client[database].get_collection(collection, codec_options=_RAW)
    with path.open("xb") as out:
        path.chmod(0o600)
        for document in source.find({}, session=session, batch_size=_BATCH):
            out.write(document.raw)
            checksum.update(document.raw)
            documents, size = documents + 1, size + len(document.raw)
        _to_disk(out)
    return {"documents": documents, "bytes": size, "sha256": checksum.hexdigest()}


def _store(path: Path, content: bytes) -> None:
    with path.open("xb") as out:
        path.chmod(0o600)
        out.write(content)
        _to_disk(out)


def _to_disk(out: IO[bytes]) -> None:
    out.flush()
    os.fsync(out.fileno())


def _check_target(client: MongoClient[Any], database: str, replace: bool) -> None:
    now = client.admin.command("hello")["localTime"]
    if client[database][LEASES].find_one({"until": {"$gt": now}}):
        raise Refused(f"A service works on {database}. Stop it, then repeat this.")
    if not replace and any(client[database][name].find_one() for name in _collections(client, database)):
        raise Refused(f"{database} is not empty. To replace what is there: --replace")


def _restore_one(client: MongoClient[Any], settings: Settings, service: str, folder: Path, manifest: Manifest) -> str:
    name = settings.database(service)
    before = asyncio.run(_epoch(settings, service, None))
    numbers = blocks_taken(client[name])
    client.drop_database(name)
    documents = 0
    for collection in manifest["databases"][service]:
        target = client[name].get_collection(collection, write_concern=WriteConcern("majority", j=True))
        with (folder / f"{collection}.bson").open("rb") as file:
            source = decode_file_iter(file, _RAW)
            while batch := list(islice(source, _BATCH)):
                target.insert_many(batch, ordered=False)
                documents += len(batch)
    skip_blocks(client[name], numbers)
    epoch = asyncio.run(_epoch(settings, service, before))
    return f"{service}: {documents} documents restored, epoch {epoch} begins"


async def _epoch(settings: Settings, service: str, above: int | None) -> int:
    """The present epoch, or a new one above it."""
    database = Database(settings.mongo_url, settings.database(service), settings.mongo_threads)
    try:
        return await (read_epoch(database) if above is None else raise_epoch(database, above))
    finally:
        database.close()


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description="Back up the four databases, or restore them.")
    commands = parser.add_subparsers(dest="command", required=True)
    for command in ("dump", "restore"):
        commands.add_parser(command).add_argument("folder", type=Path)
    restoring = commands.choices["restore"]
    restoring.add_argument("--service", choices=SERVICES, action="append", help="only this one; may be repeated")
    restoring.add_argument("--replace", action="store_true", help="delete what the databases hold now")
    told = parser.parse_args()
    try:
        if told.command == "dump":
            counts = dump(Settings(), told.folder)["databases"]
            print(
                "\n".join(
                    f"{s}: {sum(one['documents'] for one in found.values())} documents" for s, found in counts.items()
                )
            )
        else:
            print("\n".join(restore(Settings(), told.folder, told.service or SERVICES, told.replace)))
    except Refused as refusal:
        sys.exit(str(refusal))
    except PyMongoError as error:
        sys.exit(f"MongoDB failed ({type(error).__name__}). A back-up is not there; a restore must be repeated.")


if __name__ == "__main__":
    main()
