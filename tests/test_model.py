"""The snapshot contract: top-level keys, and a round trip through JSON."""

import msgspec

from scanner.model import Snapshot

KEYS = [
    "schema",
    "host",
    "interfaces",
    "listeners",
    "processes",
    "services",
    "configured_ports",
    "firewall_rules",
    "profile_settings",
    "port_ranges",
    "executables",
    "evidence",
    "gaps",
    "problems",
    "dropped_packets",
    "port_proxies",
    "naming_references",
]


def test_top_level_keys_are_those_of_the_design() -> None:
    assert list(msgspec.json.decode(msgspec.json.encode(Snapshot()))) == KEYS


def test_a_saved_snapshot_reads_back_equal() -> None:
    assert msgspec.json.decode(msgspec.json.encode(Snapshot()), type=Snapshot) == Snapshot()
