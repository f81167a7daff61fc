"""What the rules of the programme say against a form of a new request, beside its fields and above them."""

from services.chassis.i18n import Translator
from services.chassis.pages import Notice
from services.chassis.problems import Problem
from services.intake.pages.subject_fields import of_page
from services.intake.pages.uploads import faults_of


def refusal(problem: Problem, words: Translator) -> tuple[dict[str, str], list[Notice]]:
    """A sentence for each wrong field, and what is said of the whole."""
    errors = of_page(faults_of(problem, words))
    told = Notice("warning", words(problem.detail or problem.title, **problem.values))
    # A fault says itself what is wrong, but cannot name the body that carries on.
    return errors, [] if errors and not problem.extra.get("successor") else [told]
