"""Updates: of a document that was read, only the fields that changed are sent, and the outcome is the whole document.

The server then touches the indexes of those fields alone and writes less into its log. What cannot be said as an
update is replaced as a whole.
"""

from services.chassis.mongo import Document
from services.chassis.work import Write


def update_of(write: Write) -> Document | None:
    """The update that makes the new document of the one that was read; None when it must be replaced."""
    old, new = write.read, write.document
    if old is None or old.get("version") != write.base:
        return None
    if any("." in name or name.startswith("$") for name in (*old, *new)):
        return None  # An update would read such a name as a path.
    changed = {name: value for name, value in new.items() if name not in old or _differ(old[name], value)}
    gone = {name: 1 for name in old if name not in new}
    return {"$set": changed, "$unset": gone} if gone else {"$set": changed}


def _differ(old: object, new: object) -> bool:
    """1, 1.0 and True are equal to Python and not to the database, also deep inside. Copies share what is in them."""
    if type(old) is not type(new):
        return True
    if isinstance(old, dict) and isinstance(new, dict):
        pairs = ((old[name], item) for name, item in new.items() if name in old)
        return list(old) != list(new) or any(a is not b and _differ(a, b) for a, b in pairs)
    if isinstance(old, list) and isinstance(new, list):
        return len(old) != len(new) or any(a is not b and _differ(a, b) for a, b in zip(old, new, strict=True))
    return old != new
