"""Ports of the recording channels, which only an exported list can show (contact-expert.md 3.5 and 7.5)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from scanner.locations import PortLocation
from scanner.model import ConfiguredEndpoint, ConfiguredPorts, EvidenceKind, Gap, Origin, PortState
from scanner.parsers.channels import RecordingChannel

_FETCH = (
    "export the channels from the CE Web Admin GUI (Recording > Channels) to recording-channels.csv with the"
    " columns channel,recorder,media_port,control_port"
)


def channel_ports(
    location: PortLocation, channels: Sequence[RecordingChannel] | None
) -> ConfiguredPorts | Gap:
    """The ports of all channels of the location's recorder; None = no list was supplied, a gap.

    A port that two channels use is `INVALID`, with every port still listed. No channel at all is `DISABLED`.
    """
    if channels is None:
        reason = f"{location.text}: the list of recording channels was not supplied"
        return Gap(
            kind=EvidenceKind.RECORDING_CHANNELS, subject=location.component, reason=reason, fetch=_FETCH
        )
    ours = [channel for channel in channels if channel.recorder == location.recorder]
    endpoints = tuple(dict.fromkeys(endpoint for channel in ours for endpoint in _endpoints(channel)))
    state, reason = _state(endpoints, channels)
    return ConfiguredPorts(
        component=location.component,
        location=location.text,
        state=state,
        endpoints=endpoints,
        reason=reason,
        origin=ours[0].origin if ours else Origin(source="the list of recording channels"),
    )


def _endpoints(channel: RecordingChannel) -> tuple[ConfiguredEndpoint, ConfiguredEndpoint]:
    return (
        ConfiguredEndpoint(protocol="udp", port=channel.media_port, purpose="media"),
        ConfiguredEndpoint(protocol="tcp", port=channel.control_port, purpose="control"),
    )


def _state(ours: Sequence[ConfiguredEndpoint], channels: Sequence[RecordingChannel]) -> tuple[PortState, str]:
    if not ours:
        return PortState.DISABLED, "the list has no channel of this recorder"
    used = Counter(endpoint for channel in channels for endpoint in _endpoints(channel))
    twice = [f"{endpoint.protocol.upper()} {endpoint.port}" for endpoint in ours if used[endpoint] > 1]
    if twice:
        return PortState.INVALID, f"more than one channel uses {', '.join(twice)}"
    return PortState.STATIC, ""
