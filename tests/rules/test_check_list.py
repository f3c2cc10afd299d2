"""Every check there is: its id, its words, its file and its test."""

from pathlib import Path

import pytest

from rules import checks
from rules.check import Check
from rules.check_list import CHECKS

PUBLIC_IDS = {
    "dynamic-port",
    "listener-mismatch",
    "missing-firewall-rule",
    "disabled-firewall-rule",
    "wrong-profile-firewall-rule",
    "blocked-by-firewall-rule",
    "stale-firewall-rule",
    "wrong-program-firewall-rule",
    "over-permissive-firewall-rule",
    "removed-component",
    "foreign-listener",
    "local-rules-ignored",
    "firewall-disabled",
    "restart-pending",
    "cmdlets-not-rerun",
    "port-conflict",
    "port-in-dynamic-range",
    "non-default-port",
    "misplaced-registry-value",
    "tao-endpoint",
    "unexpected-listener",
    "server-port-open-to-clients",
    "scope-too-narrow",
    "redundant-firewall-rule",
    "unnecessary-firewall-rule",
    "tomcat-dynamic-apps",
    "tomcat-child-process",
    "ajp-exposed",
    "tomcat-shutdown-exposed",
    "poisoned-prompt-rule",
    "stale-process",
    "naming-port-mismatch",
    "recording-channel-ports",
    "port-proxy-on-ce-port",
    "firewall-logging",
}
MODULES = {path.stem for path in Path(checks.__path__[0]).glob("*.py") if path.stem != "__init__"}


def test_the_ids_are_the_public_ones_and_unique() -> None:
    ids = [check.id for check in CHECKS]
    assert set(ids) == PUBLIC_IDS
    assert len(ids) == len(set(ids))


def test_every_module_is_listed_under_its_own_name() -> None:
    assert {check.id.replace("-", "_") for check in CHECKS} == MODULES
    assert {check.find.__module__.rpartition(".")[2] for check in CHECKS} == MODULES


def test_every_check_has_a_test_file() -> None:
    files = {path.stem for path in (Path(__file__).parent / "checks").glob("test_*.py")}
    assert files == {f"test_{module}" for module in MODULES}


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.id)
def test_the_words_of_a_check_are_there(check: Check) -> None:
    for text in (check.title, check.rationale, check.decides, check.mend, *check.controls):
        assert text.strip() == text
        assert text
    assert len(check.title) <= 120
    assert not check.title.endswith(".")
    assert all(text.endswith(".") for text in (check.rationale, check.decides, check.mend))
    assert check.controls


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.id)
def test_a_check_asks_for_evidence(check: Check) -> None:
    assert check.requires | check.needs
