"""CSV of firewall rules means what the JSON of the same properties means."""

from collections import Counter

import pytest

from scanner.errors import ParseError
from scanner.model import Action, FirewallRule, Origin, Problem, Profile
from scanner.parsers.netfirewall_csv import looks_like_netfirewall_csv, parse_netfirewall_csv
from scanner.parsers.netfirewall_json import NetFilter
from scanner.parsers.text import decode
from tests.corpus import CORPUS, needs_corpus

ORIGIN = Origin(source="rules.csv")
HEADER = ["Name", "Enabled", "Direction", "Action", "Profile", "Protocol", "LocalPort", "Program"]
CELLS = ["CE-1", "True", "Inbound", "Allow", "Domain, Private", "TCP", "9999,5000-5010", r"C:\CE\naming.exe"]


def line(cells: list[str], delimiter: str = ",") -> str:
    return delimiter.join(f'"{cell}"' for cell in cells)


def read(text: str) -> list[object]:
    return list(parse_netfirewall_csv(text, ORIGIN))


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize(
    "head", ["", "#TYPE Selected.Microsoft.Management.Infrastructure.CimInstance\r\n", "\n"]
)
def test_the_header_decides_whatever_stands_between_the_cells(delimiter: str, head: str) -> None:
    text = head + line(HEADER, delimiter) + "\r\n" + line(CELLS, delimiter) + "\r\n"

    (fw_rule,) = read(text)

    assert looks_like_netfirewall_csv(text)
    assert isinstance(fw_rule, FirewallRule)
    assert (fw_rule.id, fw_rule.action, fw_rule.profiles) == (
        "CE-1",
        Action.ALLOW,
        (Profile.DOMAIN, Profile.PRIVATE),
    )
    assert (fw_rule.local_ports, fw_rule.program) == (("9999", "5000-5010"), r"C:\CE\naming.exe")
    assert {"remote_addresses", "service", "security"} < set(fw_rule.unread)
    assert fw_rule.origin.locator == f"line {2 + bool(head)}"


def test_the_columns_may_stand_in_any_order() -> None:
    turned = line(HEADER[::-1]) + "\n" + line(CELLS[::-1])

    assert read(turned) == read(line(HEADER) + "\n" + line(CELLS))


def test_an_array_that_export_csv_did_not_write_is_unread() -> None:
    (fw_rule,) = read(line(HEADER) + "\n" + line([*CELLS[:6], "System.String[]", "Any"]))

    assert isinstance(fw_rule, FirewallRule)
    assert "local_ports" in fw_rule.unread
    assert "program" not in fw_rule.unread


def test_a_line_break_inside_quotes_moves_the_lines_below() -> None:
    header = line([*HEADER, "Description"])
    rows = [line([*CELLS, "one\ntwo"]), line(["CE-2", *CELLS[1:], ""])]

    first, second = read("\n".join([header, *rows]))

    assert isinstance(first, FirewallRule)
    assert isinstance(second, FirewallRule)
    assert [first.origin.locator, second.origin.locator] == ["line 2", "line 4"]


def test_a_row_that_does_not_fit_the_header_is_a_problem_and_empty_lines_are_none() -> None:
    short, fw_rule = read("\n".join([line(HEADER), line(CELLS[:3]), "", line(CELLS), ""]))

    assert isinstance(short, Problem)
    assert short.origin.locator == "line 2"
    assert isinstance(fw_rule, FirewallRule)


def test_a_cell_beyond_all_measure_is_a_problem() -> None:
    *_, item = read(line(HEADER) + "\n" + line(CELLS) + "\n" + "x" * 200_000)

    assert isinstance(item, FirewallRule | Problem)
    assert [type(found) for found in read(line(HEADER) + "\n" + "x" * 200_000)] == [Problem]


def test_filters_wait_for_their_rules() -> None:
    (found,) = read('"InstanceID","Protocol","LocalPort","RemotePort"\n"CE-1","TCP","9999","Any"')

    assert isinstance(found, NetFilter)
    assert found.instance_id == "ce-1"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Name,Enabled\nx,True",
        "channel,recorder,media_port,control_port\n1,sip,20000,21000",
        '"InstanceID","LocalPort","OwningProcess"',
        '"x' + "," * 200_000,
        "Name,Direction,Action,Enabled\rx",
    ],
)
def test_another_csv_is_refused(text: str) -> None:
    assert not looks_like_netfirewall_csv(text)
    with pytest.raises(ParseError):
        read(text)


@needs_corpus
def test_the_real_export_is_read_wholly() -> None:
    text = decode((CORPUS / "powershell" / "firewall_rules_export_semicolon.csv").read_bytes())

    fw_rules = [item for item in read(text) if isinstance(item, FirewallRule)]

    assert len(fw_rules) == 366 == len(read(text))
    assert Counter(fw_rule.active for fw_rule in fw_rules) == {True: 212, False: 154}
    assert Counter(fw_rule.protocol for fw_rule in fw_rules) == {
        **{6: 178, 17: 84, None: 66, 58: 22, 1: 13},
        **{41: 1, 47: 1, 2: 1},
    }
    assert all(fw_rule.unread == () for fw_rule in fw_rules)
    assert sum(fw_rule.remote_addresses == ("LocalSubnet",) for fw_rule in fw_rules) == 105
    assert not any(fw_rule.local_ports for fw_rule in fw_rules if fw_rule.protocol == 1)  # printed as RPC
