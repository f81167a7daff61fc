"""Writes what people corrected as texts to learn from: `python -m deploy.tools.corrections FILE`.

One JSON document a line: text (without what names somebody), theme, procedure. Requests of erased people and requests
that are gone are left out. Read the file before it leaves the installation, and delete it after learning:
`make classifier ARGS="corrections=FILE"`.
"""

import argparse
import asyncio
import json
from pathlib import Path

from deploy.classifier.anonymous import anonymous
from services.chassis.mongo import Database
from services.chassis.settings import Settings
from services.intake.store.corrections import corrected_texts


async def lines(database: Database) -> list[str]:
    """The lines of the file."""
    found = []
    async for row in corrected_texts(database):
        text = anonymous(f"{row['title']}\n{row['description']}", row["body_name"])
        document = {"text": text, "theme": row["theme"], "procedure": row["procedure"]}
        found.append(json.dumps(document, ensure_ascii=False))
    return found


async def _read(settings: Settings) -> list[str]:
    database = Database(settings.mongo_url, settings.database("intake"), settings.mongo_threads)
    try:
        return await lines(database)
    finally:
        database.close()


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description="Write what people corrected as texts to learn from.")
    parser.add_argument("file", type=Path)
    file = parser.parse_args().file
    found = asyncio.run(_read(Settings()))
    file.touch(mode=0o600)
    file.write_text("".join(line + "\n" for line in found), encoding="utf-8")
    print(f"{len(found)} corrected texts written to {file}")


if __name__ == "__main__":
    main()
