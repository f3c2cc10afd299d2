"""The endpoint matrix: rows tied to their findings, ports as a person writes them."""

import pytest

from reports.matrix import endpoint_lines, ports
from reports.order import placed
from rules.model import (
    CheckResult,
    DecidedBy,
    EndpointRow,
    Finding,
    Permitted,
    Results,
    Severity,
    Status,
    Verdict,
)


def found(**rest: object) -> Results:
    finding = Finding(severity=Severity.HIGH, subject="s", message="m", **rest)  # type: ignore[arg-type]
    result = CheckResult(
        check="c", title="t", status=Status.FAIL, severity=Severity.HIGH, findings=(finding,)
    )
    return Results(verdict=Verdict.NON_COMPLIANT, results=(result,))


ROW = EndpointRow(
    component="A", variant="V", protocol="tcp", documented=(1,), configured=(2,), listening=(3,)
)


@pytest.mark.parametrize(
    ("numbers", "text"),
    [
        ((), ""),
        ((9901,), "9901"),
        ((3, 1, 2), "1–3"),
        ((1, 2), "1, 2"),
        ((5, 5, 7, 8, 9, 20), "5, 7–9, 20"),
    ],
)
def test_runs_of_ports_are_spans(numbers: tuple[int, ...], text: str) -> None:
    assert ports(numbers) == text


@pytest.mark.parametrize(
    ("finding", "matches"),
    [
        ({"component": "A"}, True),
        ({"component": "A", "port": 2, "protocol": "TCP", "variant": "V"}, True),
        ({"component": "A", "port": 3}, True),
        ({"component": "A", "port": 4}, False),
        ({"component": "A", "protocol": "udp"}, False),
        ({"component": "A", "variant": "W"}, False),
        ({"component": "B"}, False),
    ],
)
def test_a_row_has_the_findings_about_its_component_and_endpoint(
    finding: dict[str, object], matches: bool
) -> None:
    line = endpoint_lines((ROW,), placed(found(**finding)))[0]
    assert [link.text for link in line.findings] == (["F1"] if matches else [])
    assert line.worst == ("high" if matches else "none")


def test_a_row_without_any_port_takes_findings_of_every_port() -> None:
    row = EndpointRow(component="A", protocol="tcp")
    assert endpoint_lines((row,), placed(found(component="A", port=7)))[0].findings


def test_a_waived_finding_is_linked_as_waived_and_does_not_colour_its_row() -> None:
    line = endpoint_lines((ROW,), placed(found(component="A", waived=True)))[0]
    assert (line.worst, line.findings[0].badge.word) == ("none", "Waived")


def test_rows_with_findings_come_first_and_others_keep_their_order() -> None:
    rows = tuple(EndpointRow(component=name, protocol="tcp") for name in "CBA")
    assert [line.component for line in endpoint_lines(rows, placed(found(component="A")))] == ["A", "C", "B"]


def test_decisions_are_worded_and_unknown_words_pass_through() -> None:
    row = EndpointRow(
        component="A", protocol="tcp", permitted=Permitted(server="not-exposed", client="perhaps")
    )
    line = endpoint_lines((row,), ())[0]
    assert (line.server.word, line.client.word) == ("not exposed", "perhaps")
    assert endpoint_lines((ROW,), ())[0].server.word == "not expected"


def test_many_deciding_rules_are_counted() -> None:
    by = DecidedBy(id="i", name="", store="gpo", action="block")
    rows = (EndpointRow(component="A", protocol="tcp", decided_by=(by,) * 5),)
    assert endpoint_lines(rows, ())[0].decided_by == ("i (gpo, block)",) * 3 + ("and 2 more",)
