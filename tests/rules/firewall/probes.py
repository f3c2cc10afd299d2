"""Every place where a policy may change its mind, as flows; and what a surface says of each."""

from collections.abc import Iterable, Iterator
from ipaddress import IPv4Address, IPv6Address

from rules.firewall.decision import decide
from rules.firewall.extent import extent_of
from rules.firewall.flow import TCP, UDP, Flow
from rules.firewall.policy import Policy
from rules.firewall.regions import ANYWHERE, EVERYWHERE, address_at
from rules.firewall.subjects import ANY_SERVICE, Field, Subject
from rules.firewall.surface import Opening, Surface
from rules.firewall.verdict import Outcome
from scanner.model import Profile

WILDCARD = {4: "0.0.0.0", 6: "::"}  # noqa: S104 - what a listener shows, not what we bind
UNNAMED_PROGRAM = r"E:\nobody\names\this.exe"
UNNAMED_SERVICE = "nobodynamesthis"
SVCHOST = "svchost.exe"
MAPPED = IPv6Address("::ffff:0:0")
LOOPBACK_4 = (int(IPv4Address("127.0.0.0")), int(IPv4Address("127.255.255.255")))


def around(spans: Iterable[tuple[int, int]], last: int) -> list[int]:
    """Both ends of every span, and the number beyond each."""
    found = {0, last, *(end for low, high in spans for end in (low - 1, low, high, high + 1))}
    return sorted(number for number in found if 0 <= number <= last)


def ports(policy: Policy) -> list[int]:
    return around((span for extent in _extents(policy) for span, _ in extent.ports), 65535)


def remotes(policy: Policy) -> list[str]:
    """As texts; addresses of the host itself and IPv4 in IPv6 clothing are no traffic from elsewhere."""
    spans = [*EVERYWHERE.values(), *(span for extent in _extents(policy) for span, _ in extent.remotes)]
    return [text for point in around(spans, ANYWHERE[1]) if (text := _remote(point))]


def _extents(policy: Policy) -> Iterator:
    for compiled in (*policy.near.everything, *policy.hardening.everything):
        yield extent_of(compiled.fw_rule, policy.host)


def _remote(point: int) -> str:
    family, number = address_at(point)
    if family == 4:
        return "" if LOOPBACK_4[0] <= number <= LOOPBACK_4[1] else str(IPv4Address(number))
    mapped = int(MAPPED) <= number < int(MAPPED) + (1 << 32)
    return "" if number == 1 or mapped else str(IPv6Address(number))


def flow_of(field: Field, protocol: int, port: int, remote: str, profile: Profile) -> Flow:
    """Traffic to the field's subject, everything about it stated but the remote port."""
    return Flow(
        protocol=protocol,
        local_port=port if protocol in (TCP, UDP) else None,
        local_address=WILDCARD[6 if ":" in remote else 4],
        remote_address=remote,
        program=field.program or UNNAMED_PROGRAM,
        service=UNNAMED_SERVICE if field.subject.service == ANY_SERVICE else field.subject.service,
        profile=profile,
    )


def point_of(remote: str) -> int:
    return EVERYWHERE[6][0] + int(IPv6Address(remote)) if ":" in remote else int(IPv4Address(remote))


def said(
    surface: Surface, subject: Subject, profile: Profile, protocol: int, port: int, point: int
) -> Outcome:
    """What the surface's own reading rule makes of one point."""
    subjects = {subject}
    replaced = any(
        found.subject == subject
        and (found.profile, found.protocol) == (profile, protocol)
        and _in(found.ports, port)
        for found in surface.overrides
    )
    if not replaced:
        services = {None} if subject.service is None else {subject.service, ANY_SERVICE, None}
        subjects = {Subject(program, service) for program in (subject.program, None) for service in services}
    here = [
        opening.certain
        for opening in surface.openings
        if opening.subject in subjects and _holds(opening, profile, protocol, port, point)
    ]
    return Outcome.ALLOWED if any(here) else Outcome.CONDITIONAL if here else Outcome.BLOCKED


def _holds(opening: Opening, profile: Profile, protocol: int, port: int, point: int) -> bool:
    return (
        profile in opening.profiles
        and protocol in opening.protocols
        and _in(opening.ports, port)
        and _in(opening.remotes, point)
    )


def _in(spans: Iterable[tuple[int, int]], number: int) -> bool:
    return any(low <= number <= high for low, high in spans)


def outcome(policy: Policy, asked: Flow) -> Outcome:
    return decide(policy, asked).outcome
