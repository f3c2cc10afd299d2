"""Ports of the recording channels, which only an exported list can show (contact-expert.md 3.5 and 7.5)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from scanner.locations import PortLocation
from scanner.model import (
    ConfiguredEndpoint,
    ConfiguredPorts,
    EvidenceKind,
    Fault,
    FaultCode,
    Gap,
    Origin,
    PortState,
    Problem,
)
from scanner.parsers.channels import RecordingChannel

_FETCH = (
    "export the channels from the CE Web Admin GUI (Recording > Channels) to recording-channels.csv with the"
    " columns channel,recorder,media_port,control_port"
)
_NONE = "the list has no channel of this recorder"
_SHOWN = 5  # channels named for one port


def channel_ports(
    location: PortLocation, channels: Sequence[RecordingChannel] | None
) -> ConfiguredPorts | Gap:
    """The ports of all channels of the location's recorder; None = no list was supplied, a gap.

    A port that two channels use, whichever recorder they belong to, is `INVALID`, with every port still
    listed and a fault for each. No channel at all is `DISABLED`.
    """
    if channels is None:
        reason = f"{location.text}: the list of recording channels was not supplied"
        return Gap(
            kind=EvidenceKind.RECORDING_CHANNELS, subject=location.component, reason=reason, fetch=_FETCH
        )
    ours = [channel for channel in channels if channel.recorder == location.recorder]
    endpoints = tuple(dict.fromkeys(endpoint for channel in ours for endpoint in _endpoints(channel)))
    faults = tuple(_clashes(endpoints, channels))
    state = PortState.INVALID if faults else PortState.STATIC if ours else PortState.DISABLED
    return ConfiguredPorts(
        component=location.component,
        location=location.text,
        state=state,
        endpoints=endpoints,
        reason="; ".join(fault.text for fault in faults) if ours else _NONE,
        faults=faults,
        origin=ours[0].origin if ours else Origin(source="the list of recording channels"),
    )


def channel_contradiction(
    listed: Sequence[RecordingChannel] | None, stated: Sequence[RecordingChannel] | None
) -> Iterator[Problem | Gap]:
    """The list in the evidence counts; where the site file states other channels, one of the two is wrong."""
    if stated is None or listed is None or set(map(_told, listed)) == set(map(_told, stated)):
        return
    shown = next(channel.origin for channel in (*listed, *stated))
    reason = "the list of recording channels in the evidence is not what the site file states"
    yield Problem(origin=shown, text="", reason=f"{reason}; the list is what counts")
    yield Gap(kind=EvidenceKind.RECORDING_CHANNELS, reason=reason, partial=True)


def _told(channel: RecordingChannel) -> tuple[object, ...]:
    return channel.recorder, channel.channel.casefold(), channel.media_port, channel.control_port


def _endpoints(channel: RecordingChannel) -> tuple[ConfiguredEndpoint, ConfiguredEndpoint]:
    return (
        ConfiguredEndpoint(protocol="udp", port=channel.media_port, purpose="media"),
        ConfiguredEndpoint(protocol="tcp", port=channel.control_port, purpose="control"),
    )


def _clashes(ours: Sequence[ConfiguredEndpoint], channels: Sequence[RecordingChannel]) -> Iterator[Fault]:
    """A fault for each endpoint that several channels use; a channel that is listed twice is one."""
    users: dict[ConfiguredEndpoint, list[str]] = {}
    for channel in {_identity(channel): channel for channel in channels}.values():
        for endpoint in _endpoints(channel):
            name = channel.channel or f"without a name, {channel.origin.locator}"
            users.setdefault(endpoint, []).append(f"{name} ({channel.recorder})")
    for endpoint in ours:
        if len(users[endpoint]) > 1:
            text = f"{endpoint.protocol.upper()} {endpoint.port} is used by {_listed(users[endpoint])}"
            yield Fault(code=FaultCode.CHANNEL_CLASH, text=text)


def _identity(channel: RecordingChannel) -> tuple[object, ...]:
    ports = (channel.recorder, channel.channel, channel.media_port, channel.control_port)
    return ports if channel.channel else (channel.origin,)


def _listed(names: Sequence[str]) -> str:
    shown = ", ".join(names[:_SHOWN])
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return f"the channels {shown}{more}"
