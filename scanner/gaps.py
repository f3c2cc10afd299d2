"""What is missing from the evidence, why, and the command on the host that would fetch it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from scanner.model import EvidenceKind, Gap

_POLICY = r"HKLM\SYSTEM\CurrentControlSet\Services\SharedAccess\Parameters\FirewallPolicy"
_EXPORT_POLICY = f'reg export "{_POLICY}" firewall.reg /y'

# Each command writes a file that this scanner reads; all run as administrator, none changes the host.
_FETCH: Mapping[EvidenceKind, tuple[str, str]] = {
    EvidenceKind.HOST: (
        "when the host was last started is not known",
        (
            "Get-CimInstance Win32_OperatingSystem | ForEach-Object { @{ name = $env:COMPUTERNAME; "
            "os_caption = $_.Caption; os_build = $_.BuildNumber; "
            "boot_time = $_.LastBootUpTime.ToUniversalTime().ToString('s') + 'Z' } } | "
            "ConvertTo-Json | Set-Content host.json -Encoding UTF8"
        ),
    ),
    EvidenceKind.INTERFACES: (
        "the network interfaces and the profile active on each are not known",
        (
            "Get-NetConnectionProfile | Select-Object InterfaceAlias,InterfaceIndex,NetworkCategory | "
            "ConvertTo-Json | Set-Content connection-profiles.json -Encoding UTF8"
        ),
    ),
    EvidenceKind.LISTENERS: ("the open sockets were not collected", "netstat -ano > netstat.txt"),
    EvidenceKind.PROCESSES: (
        "the running processes were not collected",
        (
            "Get-CimInstance Win32_Process | Select-Object ProcessId,Name,ExecutablePath,CreationDate | "
            "ConvertTo-Json | Set-Content processes-cim.json -Encoding UTF8"
        ),
    ),
    EvidenceKind.SERVICES: (
        "the services were not collected",
        (
            "Get-CimInstance Win32_Service | "
            "Select-Object Name,DisplayName,PathName,State,StartMode,ProcessId | "
            "ConvertTo-Json | Set-Content services-cim.json -Encoding UTF8"
        ),
    ),
    EvidenceKind.EXECUTABLES: (
        "which CE programs are installed was not collected",
        (
            "Get-ChildItem '<CE Install Directory>' -Recurse -Include *.exe | ForEach-Object { @{ path = "
            "$_.FullName; bytes = $_.Length; modified_at = $_.LastWriteTimeUtc.ToString('s') + 'Z' } } | "
            "ConvertTo-Json | Set-Content files.json -Encoding UTF8"
        ),
    ),
    EvidenceKind.FIREWALL_RULES: ("the host's own firewall rules were not collected", _EXPORT_POLICY),
    EvidenceKind.PROFILE_SETTINGS: ("the firewall's profile settings were not collected", _EXPORT_POLICY),
    EvidenceKind.GPO_POLICY: (
        "what Group Policy adds to the firewall, or overrides, is not known",
        r'reg export "HKLM\SOFTWARE\Policies" policies.reg /y',
    ),
    EvidenceKind.PORT_RANGES: (
        "the host's dynamic port range is not known; Windows' default is assumed",
        "netsh int ipv4 show dynamicport tcp > dynamicport-tcp.txt",
    ),
    EvidenceKind.CHANGE_TIMES: (
        "when the firewall rules were last written is not known",
        r"reg save HKLM\SYSTEM SYSTEM.hiv /y",
    ),
    EvidenceKind.PORT_PROXIES: (  # most hosts have no such key: only its parent's export shows that
        "whether the host forwards ports (netsh interface portproxy) is not wholly known",
        r'reg export "HKLM\SYSTEM\CurrentControlSet\Services" services.reg /y',
    ),
}


# What decides a connection: a rule that was not read may reverse any verdict on the ones that were.
_DECISIVE = {EvidenceKind.FIREWALL_RULES, EvidenceKind.PROFILE_SETTINGS, EvidenceKind.GPO_POLICY}


def gaps(shown: Iterable[EvidenceKind], doubts: Mapping[EvidenceKind, str]) -> Iterator[Gap]:
    """A gap for every kind that no source showed, or that may not be whole for the reason in `doubts`."""
    there = set(shown)
    for kind, (reason, fetch) in _FETCH.items():
        if kind not in there:
            yield Gap(
                kind=kind, reason=f"{reason} ({doubts[kind]})" if kind in doubts else reason, fetch=fetch
            )
    for kind in EvidenceKind:
        if kind in there and kind in doubts:
            _, fetch = _FETCH.get(kind, ("", ""))
            reason = f"perhaps not all of it was read ({doubts[kind]})"
            yield Gap(kind=kind, reason=reason, fetch=fetch, partial=kind not in _DECISIVE)
