"""Windows service hardening rules (RestrictedServices), with the loose spelling of the shipped strings.

Written by hand from windows-firewall.md 3.8: per service a few Allow rules for the flows it needs, then a
Block for everything else in and out. No `Active` token, ports before `Protocol`, a stray `=`
after `Svc=`.
"""

from __future__ import annotations

from stock_rules import NamedRule

SVCHOST = r"%SystemRoot%\system32\svchost.exe"

# Service, what it may accept, what it may open: (protocol, local port, remote port), "" for any.
STATIC = (
    ("bits", (), (("6", "", "80"), ("6", "", "443"))),
    ("BFE", (), ()),
    ("CertPropSvc", (), ()),
    ("CryptSvc", (), (("6", "", "80"), ("6", "", "443"), ("6", "", "389"))),
    ("Dhcp", (("17", "68", "67"), ("17", "546", "547")), (("17", "68", "67"), ("17", "546", "547"))),
    (
        "Dnscache",
        (("17", "5355", ""), ("17", "5353", "")),
        (("17", "", "53"), ("6", "", "53"), ("17", "", "5355")),
    ),
    ("DPS", (), ()),
    ("EapHost", (), (("6", "", "80"),)),
    ("Eventlog", (("6", "RPC", ""),), ()),
    ("fdPHost", (("17", "3702", ""),), (("17", "", "3702"), ("6", "", "5357"))),
    ("FDResPub", (("17", "3702", ""), ("6", "5357", "")), (("17", "", "3702"),)),
    ("IKEEXT", (("17", "500", ""), ("17", "4500", "")), (("17", "", "500"), ("17", "", "4500"))),
    ("KtmRm", (("6", "RPC", ""),), (("6", "", ""),)),
    ("LanmanWorkstation", (), (("6", "", "445"),)),
    ("LLTDSVC", (), ()),
    ("lmhosts", (), (("17", "", "137"),)),
    ("MpsSvc", (), ()),
    ("NlaSvc", (), (("6", "", "80"), ("6", "", "389"), ("17", "", "389"))),
    ("nsi", (), ()),
    ("PcaSvc", (), ()),
    ("PolicyAgent", (("6", "RPC", ""),), (("6", "", "389"), ("17", "", "389"))),
    ("QWAVE", (("17", "2177", ""), ("6", "2177", "")), (("17", "", "2177"), ("6", "", "2177"))),
    ("RpcEptMapper", (("6", "135", ""),), ()),
    ("SSDPSRV", (("17", "1900", ""),), (("17", "", "1900"),)),
    ("SstpSvc", (), (("6", "", "443"),)),
    ("TermService", (("6", "3389", ""), ("17", "3389", "")), (("6", "", "135"), ("6", "", "443"))),
    ("upnphost", (("6", "2869", ""),), (("6", "", ""),)),
    ("W32Time", (("17", "123", ""),), (("17", "", "123"),)),
    ("WdiServiceHost", (), ()),
    ("WdiSystemHost", (), ()),
    ("WinHttpAutoProxySvc", (), (("6", "", "80"), ("17", "", "67"))),
    ("Wecsvc", (), ()),
)


def static_rules() -> tuple[NamedRule, ...]:
    """The store that ships with Windows (Static\\System)."""
    return tuple(named for row in STATIC for named in _service(*row))


def configurable_rules() -> tuple[NamedRule, ...]:
    """What other parts of Windows add at run time (Configurable\\System)."""
    head = r"App=%ProgramFiles%\Windows Defender\MsMpEng.exe|Svc=WinDefend|"
    compiler = "clr_optimization_v4.0.30319_64"
    return (
        ("WindowsDefender-1", f"v2.0|Action=Allow|Dir=Out|{head}Protocol=6|Name=Allow Out TCP traffic|"),
        ("WindowsDefender-2", f"v2.0|Action=Block|Dir=In|{head}Name=Block All In traffic|"),
        ("WindowsDefender-3", f"v2.0|Action=Block|Dir=Out|{head}Name=Block All Out traffic|"),
        ("clr_optimization-1", _blocked(compiler, "In")),
        ("clr_optimization-2", _blocked(compiler, "Out")),
    )


Flow = tuple[str, str, str]


def _service(service: str, accepts: tuple[Flow, ...], opens: tuple[Flow, ...]) -> list[NamedRule]:
    texts = [
        *(_allowed(service, "In", flow) for flow in accepts),
        *(_allowed(service, "Out", flow) for flow in opens),
        _blocked(service, "In"),
        _blocked(service, "Out"),
    ]
    return [(f"{service}-{number}", text) for number, text in enumerate(texts, start=1)]


def _allowed(service: str, direction: str, flow: Flow) -> str:
    protocol, local, remote = flow
    tokens = [
        "V2.0",
        "Action=Allow",
        f"Dir={direction}",
        *([f"LPort={local}"] if local else []),
        *([f"RPort={remote}"] if remote else []),
        f"Protocol={protocol}",
        f"App={SVCHOST}",
        f"Svc={service}",
        f"Name=Allow {direction.lower()} traffic of {service}",
    ]
    return "|".join(tokens) + "|"


def _blocked(service: str, direction: str) -> str:
    stray = "=" if service == "WdiSystemHost" else ""
    spelt = direction if direction == "In" else "out"
    condition = f"Dir={spelt}|App={SVCHOST}|Svc={stray}{service}"
    return f"V2.0|Action=Block|{condition}|Name=Block any other traffic of {service}|"
