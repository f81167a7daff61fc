"""Whether the sender is who the mail says, as the receiving mail server found (RFC 8601, RFC 7208).

We ask no name server: the results of the server in front are recorded, and the policy decides (`settings.py`).
Headers of that kind that came with the mail are not believed: only those of the named servers count, or, when none is
named, the topmost one, because a server writes above what it received.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

Verdict = Literal["proven", "unproven", "forged"]
_COMMENT = re.compile(r"\([^()]{0,500}\)")
_RESULT = re.compile(r"^\s*(spf|dkim|dmarc|arc)\s*=\s*([a-z]+)", re.IGNORECASE)
_DOMAIN = re.compile(
    r"(?:header\.from|header\.d|header\.i|smtp\.mailfrom|smtp\.helo)\s*=\s*\"?(?:[^\s\";@]*@)?([\w.-]+)"
)
_MOST = 50


@dataclass(frozen=True)
class Finding:
    """One method's result: `spf`, `dkim`, `dmarc` or `arc`, and for which domain."""

    method: str
    result: str
    domain: str = ""


@dataclass(frozen=True)
class Authentication:
    """What the receiving server found, and what follows for the address in From."""

    findings: tuple[Finding, ...] = ()
    verdict: Verdict = "unproven"


UNKNOWN = Authentication()


def authentication_of(
    results: Sequence[str], received_spf: Sequence[str], sender: str, trusted: frozenset[str]
) -> Authentication:
    """results, received_spf: the values of these headers from the top. trusted: names of servers, lower case."""
    findings = _believed(results, trusted)
    if not any(finding.method == "spf" for finding in findings) and received_spf and not trusted:
        findings.append(_of_received_spf(received_spf[0]))
    return Authentication(tuple(findings), _verdict(findings, sender.rpartition("@")[2].lower()))


def _believed(results: Sequence[str], trusted: frozenset[str]) -> list[Finding]:
    findings: list[Finding] = []
    for number, value in enumerate(results[:_MOST]):
        server, _, rest = _COMMENT.sub(" ", value).partition(";")
        name = (server.split() or [""])[0].lower()
        if (name in trusted) if trusted else number == 0:
            findings += _read(rest)
    return findings[:_MOST]


def _read(results: str) -> list[Finding]:
    found = []
    for clause in results.split(";")[:_MOST]:
        if result := _RESULT.match(clause):
            domain = _DOMAIN.search(clause)
            found.append(Finding(result[1].lower(), result[2].lower(), domain[1].lower() if domain else ""))
    return found


def _of_received_spf(value: str) -> Finding:
    domain = re.search(r"envelope-from=\s*\"?<?[^\s\";<>@]*@([\w.-]+)", value)
    result = (value.split() or [""])[0].lower()
    return Finding("spf", re.sub(r"[^a-z]", "", result)[:20], domain[1].lower() if domain else "")


def _verdict(findings: list[Finding], domain: str) -> Verdict:
    def says(method: str, *results: str, aligned: bool = False) -> bool:
        return any(
            finding.method == method and finding.result in results and (not aligned or _aligned(finding.domain, domain))
            for finding in findings
        )

    if says("dmarc", "pass"):
        return "proven"
    if says("dmarc", "fail"):
        # A forwarder that vouches for what it received breaks the signature and changes the path.
        return "unproven" if says("arc", "pass") else "forged"
    if says("dkim", "pass", aligned=True) or says("spf", "pass", aligned=True):
        return "proven"
    return "forged" if says("spf", "fail") and not says("arc", "pass") else "unproven"


def _aligned(found: str, domain: str) -> bool:
    """The same organisation, as far as names tell: one is the other, or a part of it."""
    return bool(found and domain) and (found == domain or found.endswith(f".{domain}") or domain.endswith(f".{found}"))
