"""Every check quotes outside controls in one spelling, and only those of windows-firewall.md section 7."""

import re

import pytest

from rules.check import Check
from rules.check_list import CHECKS
from rules.controls import ASKS, CIS, FRAMEWORKS, Control, cis, read_control

CIS_ITEM = re.compile(
    rf"{CIS} (?P<number>9\.[123]\.[1-8])(, older numbering (?P<older>9\.[123]\.[4-9]))? "
    r"\(Windows Firewall: (?P<profile>Domain|Private|Public): (?P<item>.+)\)"
)
# item -> its last number below 9.1, 9.2 and 9.3, in the new numbering and in the older one
ITEMS = {
    "Firewall state": ((1, 1, 1), (1, 1, 1)),
    "Inbound connections": ((2, 2, 2), (2, 2, 2)),
    "Logging: Name": ((4, 4, 6), (5, 5, 7)),
    "Logging: Size limit (KB)": ((5, 5, 7), (6, 6, 8)),
    "Logging: Log dropped packets": ((6, 6, 8), (7, 7, 9)),
}
PROFILES = ("Domain", "Private", "Public")


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.id)
def test_every_control_is_a_known_one_in_its_one_spelling(check: Check) -> None:
    assert len(set(check.controls)) == len(check.controls)
    assert [
        quoted for quoted in check.controls if quoted not in ASKS and not CIS_ITEM.fullmatch(quoted)
    ] == []


def test_no_control_is_known_that_no_check_serves() -> None:
    assert set(ASKS) <= {quoted for check in CHECKS for quoted in check.controls}


@pytest.mark.parametrize(
    "quoted", sorted({each for check in CHECKS for each in check.controls if CIS in each})
)
def test_cis_items_have_the_numbers_of_their_titles(quoted: str) -> None:
    found = CIS_ITEM.fullmatch(quoted)
    assert found
    section = PROFILES.index(found["profile"])
    new, old = (numbers[section] for numbers in ITEMS[found["item"]])
    assert found["number"] == f"9.{section + 1}.{new}"
    assert found["older"] == (None if new == old else f"9.{section + 1}.{old}")


@pytest.mark.parametrize(
    ("quoted", "control"),
    [
        ("PCI DSS v4.0 1.2.5", ("PCI DSS v4.0", "1.2.5", ASKS["PCI DSS v4.0 1.2.5"])),
        (
            "NIST SP 800-53 r5 SC-7(5)",
            ("NIST SP 800-53 r5", "SC-7(5)", "Deny by default, allow by exception"),
        ),
        (
            cis("9.1.4", "Domain: Logging: Name", older="9.1.5"),
            (CIS, "9.1.4, older numbering 9.1.5", "Windows Firewall: Domain: Logging: Name"),
        ),
        (
            cis("9.1.5", "Domain: Logging: Size limit (KB)"),
            (CIS, "9.1.5", "Windows Firewall: Domain: Logging: Size limit (KB)"),
        ),
        ("Company policy 12", ("", "Company policy 12", "")),
        ("", ("", "", "")),
    ],
)
def test_a_quoted_control_comes_apart(quoted: str, control: tuple[str, str, str]) -> None:
    framework, number, asks = control
    assert read_control(quoted) == Control(framework=framework, number=number, asks=asks)


def test_every_document_is_served() -> None:
    served = {read_control(quoted).framework for check in CHECKS for quoted in check.controls}
    assert served == set(FRAMEWORKS)
