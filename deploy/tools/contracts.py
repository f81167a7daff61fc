"""Writes what others read of the published language: `python -m deploy.tools.contracts`.

`contracts/schemas/<type>.json` is the JSON Schema of each event, `contracts/asyncapi.yaml` the AsyncAPI 3.0 document
of all topics with the golden examples. Both follow from the models; the same models always give the same bytes.
`--check` writes nothing and exits with 1 when a committed file differs from the models or an example is missing.
For a new event: the class, an entry in its module's `EVENTS`, an example, then run this.
"""

import argparse
import json
import sys
from pathlib import Path

from contracts.catalogue import EVENT_TYPES
from contracts.envelope import Event, event_type
from deploy.tools.asyncapi import Document, all_sent, asyncapi_text

CONTRACTS = Path(__file__).parents[2] / "contracts"


def schema(model: type[Event]) -> Document:
    """The JSON Schema of one event. Fields that it does not name may come from a newer producer and are ignored."""
    document = model.model_json_schema()
    described = {"$schema": "https://json-schema.org/draft/2020-12/schema", "$id": f"urn:affianca:{event_type(model)}"}
    return described | all_sent(document)


def examples(folder: Path) -> tuple[dict[str, Document], list[str]]:
    """The golden examples by event type, and what is wrong with them."""
    found: dict[str, Document] = {}
    faults = []
    for type_, model in EVENT_TYPES.items():
        path = folder / "examples" / f"{type_}.json"
        try:
            found[type_] = json.loads(path.read_text(encoding="utf-8"))
            model.model_validate(found[type_])
        except FileNotFoundError:
            faults.append(f"missing: contracts/examples/{type_}.json, a golden example of {model.__name__}")
        except ValueError as error:  # not JSON, or not this event
            faults.append(f"invalid: contracts/examples/{type_}.json: {error}")
    for path in sorted((folder / "examples").glob("*")):
        if path.name.removesuffix(".json") not in EVENT_TYPES:
            faults.append(f"unknown: contracts/examples/{path.name} is an example of no event")
    return found, faults


def generated(found: dict[str, Document]) -> dict[str, str]:
    """File name below `contracts/` -> text."""
    files = {f"schemas/{type_}.json": _json(schema(model)) for type_, model in EVENT_TYPES.items()}
    return files | {"asyncapi.yaml": asyncapi_text(found)}


def _json(document: Document) -> str:
    return json.dumps(document, ensure_ascii=False, indent=2) + "\n"


def drift(folder: Path, files: dict[str, str]) -> list[str]:
    """What differs between the folder and the files that the models give."""
    faults = []
    for name, text in files.items():
        path = folder / name
        if not path.exists():
            faults.append(f"missing: contracts/{name}")
        elif path.read_text(encoding="utf-8") != text:
            faults.append(f"differs from the models: contracts/{name}")
    orphans = sorted(path.name for path in (folder / "schemas").glob("*") if f"schemas/{path.name}" not in files)
    return faults + [f"unknown: contracts/schemas/{name} is the schema of no event" for name in orphans]


def write(folder: Path, files: dict[str, str]) -> None:
    """Bring the folder to the state of the models."""
    (folder / "schemas").mkdir(exist_ok=True)
    for path in (folder / "schemas").glob("*"):
        if f"schemas/{path.name}" not in files:
            path.unlink()
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8", newline="")


def main(arguments: list[str] | None = None, folder: Path = CONTRACTS) -> int:
    """The exit code: 0 when the folder agrees with the models, after writing unless `--check` is given."""
    parser = argparse.ArgumentParser(description="Generate the schemas and the AsyncAPI document of all events.")
    parser.add_argument("--check", action="store_true", help="write nothing, fail when a file differs")
    check = parser.parse_args(arguments).check
    found, faults = examples(folder)
    if not faults:
        files = generated(found)
        if check:
            faults = drift(folder, files)
        else:
            write(folder, files)
    for fault in faults:
        print(fault, file=sys.stderr)
    if faults and check:
        print("run `python -m deploy.tools.contracts`, read the difference, commit it", file=sys.stderr)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
