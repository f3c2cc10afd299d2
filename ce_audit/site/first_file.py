"""The site file to start from: what was seen on one host, every key explained (docs/site-file.md).

A line that begins with `# ` is prose; one that begins with `#` and no blank is a setting, to be uncommented.
What is not commented out says no more than the evidence does, so that the file changes no result.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

from reports.visible import encodable, one_line, visible
from rules.case import Case
from rules.endpoints import Endpoint
from rules.joined import CORE, OPERATOR
from rules.presence import Presence
from scanner.errors import ConfigError
from scanner.locations import LocationKind
from scanner.model import EvidenceKind, PortState

_LONGEST = 200
_MOST_SHOWN = 50
_KEYS = {CORE: "core_server", OPERATOR: "operator_pc"}
_ADDRESS = re.compile(r"[0-9a-fA-F.:]+")
_HEAD = """\
# The site file of ce-audit, as a first scan of one host suggests it. Every key is optional. A line that
# begins with # and no blank is a setting: uncomment it, and correct it. docs/site-file.md explains each key.
# Use it with: ce-audit scan EVIDENCE --site FILE   (or CE_AUDIT_SITE=FILE)
"""
_TOP = """\
# The profile that the networks of the site belong to: domain, private or public. Without it those in use on
# the host are judged, right or wrong.
#expected_profile = "domain"

# The Server Port of the application server, as the CE portal shows it: it must be the Naming Service's port.
#naming_port = {naming_port}

# The version of CE's Tomcat: it decides what an open AJP port risks.
#tomcat_version = "8.5.40"
"""
_NETWORK = """\
# Who connects to CE's ports: addresses, subnets (10.1.0.0/16) or ranges (10.1.0.5-10.1.0.9). Without them
# every endpoint is judged for any address, and checks on the scope of firewall rules do not apply.
[network]
"""
_REST = """\
# Endpoints that the vendor's page lacks, or that are different here. An id of the catalogue overrides that
# endpoint (`ce-audit catalogue` lists them); another id adds one.
#[[endpoint]]
#id = "our-component"
#component = "Our Component"
#section = "core-server"
#executable = 'Servers\\OurComponent\\OurComponent.exe'
#ports = [{ port = 19999, protocol = "tcp" }]
#sources = ["server"]
#impact = "What stops working for the contact centre."

# Another severity for the findings of a check: critical, high, medium, low or info.
#[severity]
#restart-pending = "low"

# Checks that the site does not want. The report prints the reason.
#[[check_off]]
#check = "cmdlets-not-rerun"
#reason = "Group Policy writes our firewall rules."
"""


def first_site_file(case: Case) -> str:
    """The text of a site file for the site that the host of `case` belongs to."""
    port = next((found.port for found in case.endpoints if found.row.id == "naming-service"), None)
    parts = (
        _HEAD + _host(case),
        "\n".join(_role(case)) + "\n",
        _TOP.replace("{naming_port}", str(port or 9999)),
        "\n".join(_directories(case)) + "\n",
        _NETWORK + "\n".join(_network(case)) + "\n",
        "\n".join(_locations(case)) + "\n",
        "\n".join(_channels(case)) + "\n",
        _REST,
    )
    return "\n".join(parts)


def _host(case: Case) -> str:
    """Who was looked at, and the components to speak of, by id."""
    seen = {found.row.id: found.row for found in case.endpoints if found.presence is Presence.PRESENT}
    lines = [f"\n# Seen on {_prose(case.snapshot.host.name or 'a host without a name')}:"]
    lines += [f"#   {row.id}: {row.title}" for row in seen.values()] or ["#   no Contact Expert component"]
    return "\n".join(lines) + "\n"


def _role(case: Case) -> Iterator[str]:
    yield "# What the hosts are: core-server or operator-pc. Without it, what is installed decides. Leave it"
    yield "# out where one file serves both."
    yield f'role = "{case.role}"' if case.role else '#role = "core-server"'


def _directories(case: Case) -> Iterator[str]:
    yield "# Where CE is installed. Without it, the programs' own paths tell."
    yield "[install_directory]"
    for role, key in _KEYS.items():
        text = _literal(case.install_directory) if case.install_directory and role == case.role else None
        yield f"{key} = {text}" if text else f"#{key} = 'C:\\Program Files\\Contact Expert'"


def _network(case: Case) -> Iterator[str]:
    own = [address for interface in case.snapshot.interfaces for address in interface.addresses]
    for interface in case.snapshot.interfaces:
        profile = f", profile {interface.profile.value}" if interface.profile else ""
        addresses = ", ".join(interface.addresses[:_MOST_SHOWN]) or "no address"
        yield f"# This host: {_prose(f'{interface.alias}: {addresses}{profile}')}"
    plain = [address.partition("/")[0] for address in own]
    usable = [text for text in plain if _ADDRESS.fullmatch(text) and text[:4].lower() != "fe80"]
    ours = usable[:_MOST_SHOWN]
    operator = case.role == OPERATOR
    yield f"#ce_servers = {json.dumps((not operator and ours) or ['10.1.0.10'])}"
    yield f"#clients = {json.dumps((operator and ours) or ['10.1.20.0/24'])}"
    yield '#sfb_front_ends = ["10.1.0.20"]'
    yield "#dmz_proxies = []"


def _locations(case: Case) -> Iterator[str]:
    yield "# Where the port of a component stands in its own file, whose schema the vendor keeps: an XPath"
    yield "# for an XML file, section and key for an ini file. Without it, plain files are read all the same."
    unclear = [found for found in case.endpoints if found.state is PortState.NOT_DETERMINABLE]
    files = (LocationKind.XML, LocationKind.INI)
    by_row = {found.row.id: found for found in unclear if _kind(found) in files}
    for found in by_row.values():
        why = found.configuration.reason if found.configuration else "the file is not in the evidence"
        yield f"# {_prose(found.title)}: {_prose(why)}"
        yield from _location(found.row.id, _kind(found), found.row.component)
    if not by_row:
        yield from _location("server-agent", LocationKind.XML, "Server Agent")


def _location(component: str, kind: LocationKind | None, name: str) -> Iterator[str]:
    yield "#[[port_location]]"
    yield f'#component = "{component}"'
    if kind is LocationKind.INI:
        yield '#section = "Listener"'
        yield '#key = "Port"'
    else:
        yield f"""#xpath = "//*[@name='{name}']/@port\""""


def _channels(case: Case) -> Iterator[str]:
    yield "# All recording channels (CE Web Admin GUI, Recording > Channels), where no list of them is in the"
    yield "# evidence. `recording_channel = []`, above the first [table], states that there are none."
    if any(gap.kind is EvidenceKind.RECORDING_CHANNELS for gap in case.snapshot.gaps):
        yield "# No list was in this evidence."
    yield "#[[recording_channel]]"
    yield '#channel = "Trunk 1"'
    yield '#recorder = "sip"'
    yield "#media_port = 30000"
    yield "#control_port = 30001"


def _kind(endpoint: Endpoint) -> LocationKind | None:
    return endpoint.row.defined_in.kind if endpoint.row.defined_in else None


def _prose(text: str) -> str:
    """What evidence says, fit for one comment line."""
    return encodable(one_line(visible(text), _LONGEST))


def _literal(path: str) -> str | None:
    """A path as a TOML literal string; None where it is no path that a site file may hold."""
    holds = re.fullmatch(r"[A-Za-z]:\\[^'\x00-\x1f\x7f\ud800-\udfff]+", path)
    return f"'{path}'" if holds and not path.endswith(("\\", " ")) and "/" not in path else None


def write_new(path: Path, text: str) -> None:
    """Write `text` to `path`. Raises ConfigError where something is there already."""
    try:
        with path.open("x", encoding="utf-8", newline="\n") as stream:
            stream.write(text)
    except FileExistsError as error:
        raise ConfigError(
            f"{path}: is there already, and is not overwritten; name another with -o"
        ) from error
