"""A request in words: facts, what people wrote, what happened. Codes become sentences here and nowhere else."""

from typing import Any

from services.chassis.auth import Caller
from services.chassis.i18n import N_, Translator
from services.chassis.mongo import Document
from services.intake.files.settings import FileSettings
from services.intake.handlers.reading import WholeRequest
from services.intake.pages import labels
from services.intake.pages.uploads import shown

SENTENCES: dict[str, str] = {
    "submitted": N_("{who} sent the request."),
    "classified": N_("The theme was recognised automatically: {theme}."),
    "reclassified": N_("{who} set the theme: {theme}."),
    "message": N_("{who} wrote a message."),
    "question": N_("{who} asked the body for information."),
    "answer": N_("{who} answered the question."),
    "resolved": N_("{who} declared the request resolved. Outcome: {outcome}."),
    "reopened": N_("{who} reopened the request."),
    "closed": N_("{who} closed the request."),
    "rated": N_("{who} closed the request. Rating: {rating} out of 5."),
    "withdrawn": N_("{who} withdrew the request."),
    "merged": N_("{who} joined this request to number {number}."),
    "absorbed": N_("{who} joined request {number} to this one."),
    "edited": N_("{who} changed the data of the request."),
    "linked": N_("{who} linked request {number}."),
    "unlinked": N_("{who} removed the link to request {number}."),
    "relinked": N_("The link to request {earlier} leads to request {number} now, which it was joined to."),
    "link_passed_on": N_("The link to request {number} passed to request {survivor}."),
    "offered": N_("The request was offered to {expert}."),
    "accepted": N_("{expert} took charge of the request."),
    "declined": N_("{expert} declined the request."),
    "expired": N_("{expert} did not answer in time."),
    "released": N_("{expert} no longer follows the request."),
    "attached": N_("{who} attached files: {files}."),
    "quarantined": N_("A file was put in quarantine: the antivirus found something in it ({found})."),
    "mail_failed": N_("A mail about this request could not be delivered to {reader} ({code})."),
    "unroutable": N_("No expert is available right now: the coordinators have been told."),
    "deadline_at_risk": N_("The time for {metric} is running out: it ends on {due}."),
    "deadline_breached": N_("The time for {metric} ran out on {due}."),
    "deadline_corrected": N_("The time for {metric} was recalculated: it ends on {due}."),
}
"""What the timeline tells, by action (msgids)."""


class Story:
    """One request, for one reader."""

    def __init__(
        self, whole: WholeRequest, caller: Caller, words: Translator, policy: FileSettings | None = None
    ) -> None:
        self._whole = whole
        self._caller = caller
        self._words = words
        self._policy = policy or FileSettings()

    def name(self, id: str | None, otherwise: str) -> str:
        """What a person is called; `otherwise` (msgid) for who is not known or was erased."""
        person = self._whole.people.get(id or "")
        return str(person["name"]) if person else self._words(otherwise)

    def conversation(self) -> list[dict[str, Any]]:
        """The messages, as the template shows them."""
        return [self._message(message) for message in self._whole.messages]

    def timeline(self) -> list[dict[str, Any]]:
        """What happened: a sentence and a moment each."""
        told = ((self._sentence(line), line) for line in self._whole.timeline)
        return [{"text": text, "at": line["at"]} for text, line in told if text]

    def files(self, message: str | None = None) -> list[dict[str, Any]]:
        """The files of a message, or those that belong to the request as a whole."""
        rows = [row for row in self._whole.attachments if row["message"] == message]
        return [shown(row, self._whole.request["number"], self._words, self._policy) for row in rows]

    def _message(self, message: Document) -> dict[str, Any]:
        kind = labels.MESSAGE_KINDS.get(message["kind"])
        own = message["author"] == self._caller.id
        return {
            "author": self._author(message),
            "at": message["at"],
            "style": "internal" if message["visibility"] == "internal" else "own" if own else "message",
            "kind": self._words(kind) if kind else "",
            "automatic": message["automatic"],
            "text": message["text"],
            "folded": message.get("folded", ""),
            "files": self.files(message["_id"]),
        }

    def _author(self, message: Document) -> str:
        role = labels.AUTHORS.get(message["author_role"])
        place = self._words(role) if role else self._whole.request["body_name"]
        name = self.name(message["author"], "")
        return f"{name} ({place})" if name else str(place)

    def _sentence(self, line: Document) -> str:
        action, details = line["action"], line["details"]
        if action == "message" and self._whole.reads_conversation:
            return ""  # It stands in the conversation.
        if action == "attached" and (details["message"] or not details["files"]):
            return ""  # They stand with the message, or among the files as what was not accepted.
        if action == "closed" and details.get("rating"):
            action = "rated"
        text = SENTENCES.get(action, "")
        return self._words(text, **self._values(line)) if text else ""

    def _values(self, line: Document) -> dict[str, object]:
        details, words = line["details"], self._words
        who = self._whole.request["body_name"] if line["action"] == "submitted" else N_("An operator")
        return {
            "who": self.name(line["actor"], who),
            "expert": self.name(details.get("expert"), N_("The expert")),
            "reader": self.name(details.get("person"), N_("one of its readers")),
            "code": details.get("code") or "?",
            "files": words.number(details.get("files") or 0),
            "found": details.get("found") or "?",
            "theme": labels.theme_name((details.get("to") or details).get("theme"), words),
            "outcome": words(labels.OUTCOMES.get(details.get("outcome"), "")),
            "rating": details.get("rating"),
            "number": details.get("into") or details.get("from") or details.get("number"),
            "earlier": details.get("earlier"),
            "survivor": details.get("survivor"),
            "metric": words(labels.METRICS.get(details.get("metric"), "")),
            "due": words.datetime(details["due_at"]) if details.get("due_at") else "",
        }
