"""What is missing is named with the command that fetches it; what may not be whole is no proof."""

import pytest

from scanner.gaps import gaps
from scanner.model import EvidenceKind, Gap

ALL = frozenset(EvidenceKind)
BY_COMPONENT = {EvidenceKind.CONFIGURED_PORTS, EvidenceKind.RECORDING_CHANNELS}


def test_nothing_shown_leaves_a_gap_for_every_kind_with_its_command() -> None:
    found = list(gaps((), {}))
    assert {gap.kind for gap in found} == ALL - BY_COMPONENT
    assert all(gap.reason and gap.fetch and not gap.partial and not gap.subject for gap in found)


def test_everything_shown_leaves_none() -> None:
    assert list(gaps(ALL, {})) == []


def test_the_reason_says_why_a_source_that_was_there_did_not_show_it() -> None:
    doubt = {EvidenceKind.LISTENERS: "netstat.txt: not readable"}
    (gap,) = gaps(ALL - {EvidenceKind.LISTENERS}, doubt)
    assert gap == Gap(
        kind=EvidenceKind.LISTENERS,
        reason="the open sockets were not collected (netstat.txt: not readable)",
        fetch="netstat -ano > netstat.txt",
    )


@pytest.mark.parametrize("kind", sorted(ALL))
def test_what_was_shown_in_part_is_a_gap_that_still_lets_checks_look_unless_it_decides(
    kind: EvidenceKind,
) -> None:
    (gap,) = gaps(ALL, {kind: "x: row 3"})
    decides = {EvidenceKind.FIREWALL_RULES, EvidenceKind.PROFILE_SETTINGS, EvidenceKind.GPO_POLICY}
    assert gap.kind is kind
    assert gap.reason == "perhaps not all of it was read (x: row 3)"
    assert gap.partial is (kind not in decides)


def test_commands_only_read_the_host() -> None:
    for gap in gaps((), {}):
        assert gap.fetch.split()[0] in {"reg", "netsh", "netstat"} or gap.fetch.startswith("Get-")
        assert not {"set", "add", "delete", "import"} & set(gap.fetch.split())
