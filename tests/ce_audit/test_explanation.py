"""`explain` and docs/checks.md tell every check in full, from what the engine really finds."""

import pytest

from ce_audit.explanation import checks_document, explanation, load_examples
from rules.check import Check
from rules.check_list import CHECKS
from scripts.generate_checks import files

EXAMPLES = load_examples()


def test_the_generated_files_are_current() -> None:
    for path, text in files().items():
        assert path.read_text(encoding="utf-8") == text, f"{path.name}: run `make checks`"


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.id)
def test_an_explanation_shows_the_finding_and_what_mends_it(check: Check) -> None:
    told = " ".join(explanation(CHECKS, EXAMPLES, check.id).split())
    example = EXAMPLES[check.id]
    for text in (check.title, check.rationale, check.decides, check.mend, example.message, *check.controls):
        assert " ".join(text.split()) in told


def test_the_page_has_a_section_and_a_line_for_every_check() -> None:
    page = checks_document(CHECKS, EXAMPLES)
    for check in CHECKS:
        assert page.count(f"\n## {check.id}\n") == 1
        assert f"| [{check.id}](#{check.id}) |" in page
    assert page.count("```") % 2 == 0
