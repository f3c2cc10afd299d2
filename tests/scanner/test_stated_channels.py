"""Recording channels that a site file states: evidence where there is no list, told where one differs."""

from pathlib import Path

import pytest

from rules.catalogue.loader import load_catalogue, port_locations
from scanner.collect import Channels, collect_evidence
from scanner.model import EvidenceKind, Gap, Origin, PortState, Snapshot
from scanner.parsers.channels import RecordingChannel

LOCATIONS = port_locations(load_catalogue())
NETSTAT = "  TCP    0.0.0.0:9999    0.0.0.0:0    LISTENING    4\n"
LIST = "channel,recorder,media_port,control_port\nTrunk 1,sip,30000,30001\n"


def channel(media: int, name: str = "Trunk 1") -> RecordingChannel:
    origin = Origin(source="site.toml", locator="line 3")
    return RecordingChannel(channel=name, recorder="sip", media_port=media, control_port=30001, origin=origin)


def collected(folder: Path, stated: Channels, listed: str | None = None) -> Snapshot:
    (folder / "netstat.txt").write_text(
        f"Active Connections\n\n  Proto  Local Address  Foreign Address  State  PID\n{NETSTAT}"
    )
    if listed is not None:
        (folder / "recording-channels.csv").write_text(listed)
    return collect_evidence(folder, LOCATIONS, stated)


def channel_gaps(snapshot: Snapshot) -> list[Gap]:
    return [gap for gap in snapshot.gaps if gap.kind is EvidenceKind.RECORDING_CHANNELS]


def test_stated_channels_count_where_the_evidence_has_no_list(tmp_path: Path) -> None:
    found = collected(tmp_path, (channel(30000),))
    sip = next(each for each in found.configured_ports if each.component == "telephony-recorder-sip")
    assert {(each.protocol, each.port) for each in sip.endpoints} == {("udp", 30000), ("tcp", 30001)}
    assert sip.origin == Origin(source="site.toml", locator="line 3")
    assert channel_gaps(found) == []


def test_an_empty_statement_says_that_there_are_none(tmp_path: Path) -> None:
    found = collected(tmp_path, ())
    states = {each.component: each.state for each in found.configured_ports}
    assert states["telephony-recorder-sip"] is PortState.DISABLED


def test_without_a_statement_the_list_is_missing(tmp_path: Path) -> None:
    assert channel_gaps(collected(tmp_path, None))


def test_the_list_in_the_evidence_counts_and_one_that_agrees_is_no_contradiction(tmp_path: Path) -> None:
    found = collected(tmp_path, (channel(30000, "TRUNK 1"),), LIST)
    sip = next(each for each in found.configured_ports if each.component == "telephony-recorder-sip")
    assert sip.origin.source == "recording-channels.csv"
    assert (found.problems, channel_gaps(found)) == ((), [])


@pytest.mark.parametrize("stated", [(), (channel(30002),), (channel(30000), channel(30004, "Trunk 2"))])
def test_a_list_that_differs_is_a_contradiction_and_nothing_passes_on_it(
    tmp_path: Path, stated: Channels
) -> None:
    found = collected(tmp_path, stated, LIST)
    sip = next(each for each in found.configured_ports if each.component == "telephony-recorder-sip")
    assert 30000 in {each.port for each in sip.endpoints}
    (problem,) = found.problems
    assert "is not what the site file states" in problem.reason
    (gap,) = channel_gaps(found)
    assert gap.partial
