"""Get-NetFirewallRule for the eye is recognised in order to be refused."""

import pytest

from scanner.parsers.powershell_dump import looks_like_powershell_dump, refusal
from scanner.parsers.text import decode
from tests.corpus import CORPUS, needs_corpus

TABLE = """
Name                      DisplayName        Enabled Direction Action
----                      -----------        ------- --------- ------
{961222A4-CB5D-4336-A5F2} Cortana              False  Outbound  Allow
"""


def test_a_table_of_firewall_rules_is_recognised() -> None:
    assert looks_like_powershell_dump(TABLE)
    assert looks_like_powershell_dump(TABLE.replace("\n", "\r\n"))


@pytest.mark.parametrize(
    "text",
    ["", "Name : x\nAction : y\n", "Name  Action\n----  ------\n", '{"DisplayName": "x", "Action": 2}'],
)
def test_other_text_is_not(text: str) -> None:
    assert not looks_like_powershell_dump(text)


def test_the_refusal_says_what_to_run_instead() -> None:
    assert "reg export" in refusal()
    assert "name=all verbose" in refusal()


@needs_corpus
@pytest.mark.parametrize(
    "name", ["netfirewallrule_format-list_utf16.txt", "netfirewallrule_single_cortana.txt"]
)
def test_the_real_listings_are_recognised(name: str) -> None:
    assert looks_like_powershell_dump(decode((CORPUS / "powershell" / name).read_bytes()))
