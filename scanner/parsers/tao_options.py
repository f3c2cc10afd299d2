"""ACE/TAO option strings, as TaoNamingServiceOptions holds them (contact-expert.md section 4).

    -m 0 -ORBEndPoint iiop://:9999 -ORBDottedDecimalAddresses 1

Also read: options wrapped for a service object (`-ORBArg -ORBListenEndpoints -ORBArg iiop://:1`), svc.conf.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from scanner.model import ConfiguredEndpoint, PortState
from scanner.parsers.port_reading import PortReading, Remark, gather, port_number, quoted
from scanner.parsers.tao_endpoints import Piece, overlaps, parse_endpoint_set, refused

# Value options come in two shapes: `-ORBEndpoint ENDPOINTS` and `-ORBLaneEndpoint LANE ENDPOINTS`.
_ENDPOINT_OPTIONS = ("-orbendpoint", "-orblistenendpoints")
_LANE_OPTIONS = ("-orblaneendpoint", "-orblanelistenendpoints")
_MULTICAST_GROUP = "224.9.9.2"
_MULTICAST_PORT = 10013
_COMPARED = 64  # endpoints compared pairwise for overlaps
_ENVIRONMENT = re.compile(r"\$\w+\Z")

# Every option of ORB_Core.cpp and its service configurator, in an old and a recent revision. TAO matches
# by prefix, in any case, and throws BAD_PARAM at any other "-ORB..." (contact-expert.md 4.3). -ORBHost and
# -ORBPort are left out: they opened listeners in very old releases only, and are refused since.
_KNOWN = re.compile(
    r"""-orb(
    acceptdelay | accepterrordelay | allowziopnoserverpolicies | amicollocation | cdrtradeoff |
    collocation | collocationstrategy | connectipv6only | daemon | debug | debuglevel | defaultinitref |
    defaultsyncscope | disablertcollocation | dontroute | dotteddecimaladdresses | dynamicthreadpoolname
    | endpoint | enforcepreferredinterface | forwarddelay | forwardinvocationonobjectnotexist |
    forwardonce | forwardoncommfailure | forwardoninvobjref | forwardonobjectnotexist |
    forwardonreplyclosed | forwardontransient | ftsendfullgrouptc | gestalt | globalcollocation |
    handleloggingstrategyevents | id | ignoredefaultsvcconffile | implreposerviceior |
    implreposerviceport | imrendpointsinior | initref | iphoplimit | ipmulticastloop | keepalive |
    laneendpoint | lanelistenendpoints | lingertimeout | listenendpoints | logfile | maxmessagesize |
    multicastdiscoveryendpoint | nameserviceior | nameserviceport | negotiatecodesets | nodelay |
    noproprietaryactivation | noserversidenamelookups | objrefstyle | parallelconnectdelay | preconnect
    | preferipv6interfaces | preferredinterface | rcvsock | resources | serverid |
    serviceconfigloggerkey | singlereadoptimization | skipserviceconfigopen | sndsock |
    stdprofilecomponents | svcconf | svcconfdirective | tradingserviceior | tradingserviceport | useimr
    | useipv6linklocal | uselocalmemorypool | useparallelconnects | usesharedprofile | verboselogging
    )""",
    re.IGNORECASE | re.VERBOSE,
)


def parse_tao_options(text: str) -> PortReading:
    """The listeners of a TAO naming service started with these options.

    No endpoint option at all means one endpoint on all interfaces with a port chosen at every start:
    `DYNAMIC`. Host names are kept as text. Never raises.
    """
    pieces = list(_pieces(_arguments(text)))
    endpoints = [piece for piece in pieces if isinstance(piece, ConfiguredEndpoint)]
    return gather([*pieces, *overlaps(endpoints[:_COMPARED])], nothing="the options fix no port")


def has_endpoint_option(text: str) -> bool:
    """True where `text` holds an option that names endpoints, whether TAO accepts them or not."""
    return any(_option(argument, _ENDPOINT_OPTIONS + _LANE_OPTIONS) for argument in _flat(_arguments(text)))


def _pieces(arguments: Sequence[str]) -> Iterator[Piece]:
    values = list(_endpoint_values(_flat(arguments)))
    for value in values:
        yield from _endpoint_set(value)
    unread = [*_unknown(arguments), *_environment(arguments)]
    yield from unread
    if not values and not unread:
        yield Remark(
            state=PortState.DYNAMIC,
            text="no endpoint option: all interfaces, with a port that Windows picks at every start",
        )
    yield from _multicast(arguments)


def _endpoint_set(value: str) -> Iterator[Piece]:
    if not _ENVIRONMENT.match(value):  # _environment speaks of those
        yield from parse_endpoint_set(value)


def _arguments(text: str) -> list[str]:
    """Split on blanks, quotes group (ACE_ARGV); svc.conf comment lines go, the -ORBArg wrapping is undone."""
    lines = [line for line in text.splitlines() if not line.lstrip().startswith("#")]
    found = re.findall(r"""(?:"[^"]*(?:"|\Z)|'[^']*(?:'|\Z)|[^\s"'])+""", "\n".join(lines))
    bare = (
        re.sub(r"""["']""", "", argument) if not _nested(argument) else argument[1:-1] for argument in found
    )
    return [argument for argument in bare if argument.casefold() != "-orbarg"]


def _nested(argument: str) -> bool:
    """True for a quoted string that holds a command line of its own, as in svc.conf directives."""
    return argument[0] == argument[-1] and argument[0] in "\"'" and " " in argument


def _flat(arguments: Sequence[str]) -> list[str]:
    """The arguments with the command lines inside quoted ones spread out."""
    flat: list[str] = []
    for argument in arguments:
        flat += _arguments(argument) if " " in argument and "-orb" in argument.casefold() else [argument]
    return flat


def _option(argument: str, names: Sequence[str]) -> str | None:
    """The option of `names` that TAO takes `argument` for, or None; a value may be glued to it."""
    folded = argument.casefold()
    return next((name for name in names if folded.startswith(name)), None)


def _value(arguments: Sequence[str], index: int, option: str, skip: int = 0) -> str | None:
    """The parameter of the option at `index`: glued, or the next argument unless that is an option itself."""
    glued = arguments[index][len(option) :].strip()
    if glued and not skip:
        return glued
    place = index + 1 + skip - bool(glued)
    following = arguments[place] if place < len(arguments) else "-"
    return None if following.startswith("-") else following


def _endpoint_values(arguments: Sequence[str]) -> Iterator[str]:
    for index, argument in enumerate(arguments):
        plain, lane = _option(argument, _ENDPOINT_OPTIONS), _option(argument, _LANE_OPTIONS)
        value = _value(arguments, index, plain or lane or "", skip=bool(lane)) if plain or lane else None
        if value is not None:
            yield value


def _unknown(arguments: Sequence[str]) -> Iterator[Remark]:
    for argument in arguments:
        if argument.casefold().startswith("-orb") and " " not in argument and not _KNOWN.match(argument):
            name = argument.split("=")[0].split(":")[0]
            yield refused(f"TAO knows no option {quoted(name)}")


def _environment(arguments: Sequence[str]) -> Iterator[Remark]:
    """A whole argument `$NAME` is replaced by one argument; harmless as the value of another option."""
    for index, argument in enumerate(arguments):
        before = arguments[index - 1] if index else ""
        value_of_another = before.startswith("-") and not _option(before, _ENDPOINT_OPTIONS + _LANE_OPTIONS)
        if _ENVIRONMENT.match(argument) and not value_of_another:
            yield Remark(
                state=PortState.NOT_DETERMINABLE,
                text=f"{quoted(argument)} is an environment variable whose value is not known",
            )


def _multicast(arguments: Sequence[str]) -> Iterator[ConfiguredEndpoint]:
    """`-m 1` turns on the multicast responder (contact-expert.md 4.7); its default depends on the release."""
    switch = _last_value(arguments, "-m", exact=True)
    if switch != "1":
        return
    address, port = _MULTICAST_GROUP, port_number(_last_value(arguments, "-orbnameserviceport") or "")
    place = _last_value(arguments, "-orbmulticastdiscoveryendpoint")
    if place:
        group, _, number = place.partition("@")[0].rpartition(":")
        address, port = group or address, port_number(number) or port
    yield ConfiguredEndpoint(
        protocol="udp", port=port or _MULTICAST_PORT, address=address, purpose="multicast"
    )


def _last_value(arguments: Sequence[str], option: str, exact: bool = False) -> str | None:
    found = [
        _value(arguments, index, option)
        for index, argument in enumerate(arguments)
        if _option(argument, (option,)) and (not exact or argument in (option, option + "0", option + "1"))
    ]
    return found[-1] if found else None
