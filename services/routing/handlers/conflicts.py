"""Conflicts of interest: what an expert declared, and whom a request concerns."""

from services.chassis.mongo import Document


def declared(profile: Document) -> frozenset[str]:
    """The bodies and companies with which the expert is in conflict."""
    known = profile.get("conflicts", {})
    return frozenset([*known.get("bodies", ()), *known.get("companies", ())])


def concerned(case: Document) -> frozenset[str]:
    """The body that asks, and the companies that the request names."""
    return frozenset([case["body"], *case.get("companies", ())])
