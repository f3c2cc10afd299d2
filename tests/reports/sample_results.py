"""A realistic assessment of a drifted core server, and a hostile one, for the tests of every format."""

# ruff: noqa: E501 - a row of data is read more easily as one line

from __future__ import annotations

import hashlib
from datetime import UTC, datetime

from rules.model import (
    AssessedHost,
    CheckResult,
    DecidedBy,
    EndpointRow,
    Finding,
    LedgerRow,
    Observation,
    Permitted,
    Remediation,
    Results,
    Severity,
    Status,
    Summary,
    Verdict,
)
from scanner.model import EvidenceKind, Gap, Origin, Problem

AGENT_XML = r"C:\Program Files\Geomant\CE\Services\ServerAgent\ServerAgent.Config.xml"
RULES_REG = "registry/firewall.reg"
LISTENERS = "network/listeners.json"
BACKUP = r"'C:\ce-audit-firewall-before.wfw'"
CMDLETS = Remediation(
    commands=(f"netsh advfirewall export {BACKUP}", "Remove-CEFirewallRules", "Add-CEFirewallRules"),
    undo=(f"netsh advfirewall import {BACKUP}",),
    manual=("Run in a PowerShell that has the Contact Expert cmdlets, as administrator.",),
    restart="Restart the whole server; until then the change may not take effect (vendor's page).",
)
HOSTILE = (
    "<script>alert(1)</script>",
    "{{7*7}}{% raw %}",
    "\"'><img src=x onerror=alert(1)>",
    "=cmd|' /C calc'!A0",
    "\x1b[31mred\x1b[0m\x07",
    "\u202egpj.exe",
    "[bold red]markup[/bold red]",
    "</style><script>1</script>",
    "http://example.invalid/x.png",
    "half\ud800pair",
)


def digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "backslashreplace")).hexdigest()


def seen(source: str, locator: str, observed: str) -> Observation:
    return Observation(source=source, locator=locator, observed=observed, sha256=digest(source))


def finding(severity: Severity, component: str, port: int | None, message: str, **rest: object) -> Finding:
    return Finding(
        severity=severity,
        component=component,
        protocol="tcp" if port else "",
        port=port,
        subject=f"{component} tcp {port}",
        message=message,
        fingerprint=digest(f"{component}{port}{message}")[:32],
        **rest,  # type: ignore[arg-type]
    )


def _missing() -> CheckResult:
    text = "No firewall rule lets {} through on TCP {}: it was changed in the configuration and the cmdlets were not run again."
    found = [
        finding(
            Severity.CRITICAL,
            "Naming Service",
            10999,
            text.format("Naming Service", 10999),
            expected="An enabled inbound allow rule for TCP 10999 from CE servers and clients",
            observed="The rules cover TCP 9999; the configuration and the listener say 10999",
            impact="No CE program finds another one: agents cannot log in, and no call is queued or routed.",
            evidence=(
                seen("registry/tao.reg", r"HKLM\SOFTWARE\WOW6432Node\ACE\TAO\TaoNamingServiceOptions", "-ORBListenEndpoints iiop://:10999"),
                seen(LISTENERS, "row 14", "0.0.0.0:10999, pid 2212 NT_Naming_Service.exe"),
                seen(RULES_REG, "{8A7F1C1E-77B0-4A52-9C0E-2D5D8E6B7A11}", "v2.30|Action=Allow|Active=TRUE|Dir=In|Protocol=6|LPort=9999|App=C:\\Program Files\\Geomant\\CE\\Services\\NamingService\\NT_Naming_Service.exe|Name=CE Naming Service|"),
            ),
            remediation=CMDLETS,
        ),
        finding(
            Severity.HIGH,
            "DBConnectorServer",
            9951,
            text.format("DBConnectorServer", 9951),
            expected="An enabled inbound allow rule for TCP 9951 from CE servers and clients",
            observed="The rules cover TCP 9901",
            impact="Agents see no customer data and no campaign lists; wrap-up codes are not saved.",
            evidence=(seen(AGENT_XML, "line 41", "-ORBEndpoint iiop://:9951"), seen(LISTENERS, "row 15", "0.0.0.0:9951, pid 3120 DBConnectorServer.exe")),
            remediation=CMDLETS,
        ),
    ]  # fmt: skip
    return CheckResult(
        check="missing-firewall-rule",
        title="Every CE endpoint has a firewall rule that lets its sources in",
        status=Status.FAIL,
        severity=Severity.HIGH,
        findings=tuple(found),
    )


def _disabled() -> CheckResult:
    def disabled(component: str, port: int, impact: str) -> Finding:
        return finding(
            Severity.HIGH,
            component,
            port,
            f"The firewall rule for {component} is there, but it is disabled.",
            expected="Active=TRUE",
            observed="Active=FALSE",
            impact=impact,
            evidence=(seen(RULES_REG, f"CE-{component}-In", f"v2.30|Action=Allow|Active=FALSE|Dir=In|Protocol=6|LPort={port}|Name=CE {component}|"),),
            remediation=Remediation(
                commands=(f"Enable-NetFirewallRule -Name 'CE-{component}-In'",),
                netsh=(f'netsh advfirewall firewall set rule name="CE {component}" dir=in new enable=yes',),
                undo=(f"Disable-NetFirewallRule -Name 'CE-{component}-In'",),
            ),
        )  # fmt: skip

    return CheckResult(
        check="disabled-firewall-rule",
        title="No firewall rule that CE needs is disabled",
        status=Status.FAIL,
        severity=Severity.HIGH,
        findings=(
            disabled(
                "TelephonyServer", 9911, "Agents hear no calls: the agent program cannot reach telephony."
            ),
            disabled("DialerServer", 9905, "Outbound campaigns do not dial."),
        ),
    )


def _dynamic() -> CheckResult:
    return CheckResult(
        check="dynamic-port",
        title="Ports of CE components are static",
        status=Status.FAIL,
        severity=Severity.MEDIUM,
        findings=(
            finding(
                Severity.MEDIUM,
                "ChatServer",
                None,
                "ChatServer takes a port from the dynamic range at every start (50112 now), so no port rule can cover it.",
                expected="A static port in ServerAgent.Config.xml, or a rule for the program",
                observed="-ORBEndpoint iiop://:0; listening on 50112",
                impact="Chats reach agents until the next restart, and then may not.",
                evidence=(seen(AGENT_XML, "line 88", "-ORBEndpoint iiop://:0"),),
                remediation=Remediation(
                    commands=CMDLETS.commands,
                    undo=CMDLETS.undo,
                    manual=("First give ChatServer a static port outside 49152–65535 in ServerAgent.Config.xml.", *CMDLETS.manual),
                    restart=CMDLETS.restart,
                ),
            ),
        ),
    )  # fmt: skip


def _foreign() -> CheckResult:
    return CheckResult(
        check="foreign-listener",
        title="Only CE programs listen on CE's ports",
        status=Status.FAIL,
        severity=Severity.HIGH,
        findings=(
            finding(
                Severity.HIGH,
                "Web Service",
                8080,
                "Another program, jenkins.exe, listens on TCP 8080, which belongs to the CE Web Service.",
                expected=r"C:\Program Files\Geomant\CE\Tomcat\bin\tomcat8.exe",
                observed=r"C:\Jenkins\jenkins.exe, pid 5120",
                impact="The web service cannot start on its port; supervisors have no statistics.",
                evidence=(seen(LISTENERS, "row 31", "0.0.0.0:8080, pid 5120"), seen("processes.json", "pid 5120", r"C:\Jenkins\jenkins.exe")),
                remediation=Remediation(manual=("Move jenkins.exe to another port, or remove it from this host.",)),
            ),
        ),
    )  # fmt: skip


def _stale() -> CheckResult:
    name = "CE SMS Connector"
    return CheckResult(
        check="removed-component",
        title="Nothing of the removed SMS components is left",
        status=Status.FAIL,
        severity=Severity.LOW,
        findings=(
            finding(
                Severity.LOW,
                "SMSConnectorServer",
                9912,
                f"The allow rule “{name}” is left from the removed SMS component.",
                expected="No rule",
                observed="Allow, inbound, TCP 9912, any address",
                impact="None today; a program at that path would be reachable.",
                evidence=(seen(RULES_REG, "CE-SMSConnectorServer-In", "Active=TRUE|LPort=9912"),),
                remediation=Remediation(
                    commands=("Remove-NetFirewallRule -Name 'CE-SMSConnectorServer-In'",),
                    undo=(f"New-NetFirewallRule -Name 'CE-SMSConnectorServer-In' -DisplayName '{name}' -Direction Inbound -Action Allow -Protocol TCP -LocalPort 9912",),
                ),
            ),
            finding(
                Severity.MEDIUM,
                "SMS Delivery Service",
                25,
                "TCP 25 is still open for the removed SMS Delivery Service.",
                impact="None for the contact centre.",
                evidence=(seen(RULES_REG, "CE-SMSDelivery-In", "Active=TRUE|LPort=25"),),
                remediation=Remediation(commands=("Remove-NetFirewallRule -Name 'CE-SMSDelivery-In'",)),
                waived=True,
            ),
        ),
    )  # fmt: skip


def _broad() -> CheckResult:
    return CheckResult(
        check="over-permissive-firewall-rule",
        title="CE's rules open no more than CE needs",
        status=Status.FAIL,
        severity=Severity.INFO,
        findings=(
            finding(Severity.INFO, "Server Agent", 9998, "The rule for Server Agent accepts any remote address; only CE servers need it. The vendor's page allows this.", expected="Remote addresses of the CE servers", observed="Any"),
        ),
    )  # fmt: skip


def _plain(
    check: str, title: str, status: Status, reason: str = "", severity: Severity = Severity.HIGH
) -> CheckResult:
    return CheckResult(check=check, title=title, status=status, reason=reason, severity=severity)


def _row(component: str, port: int, *, client: bool = False, **rest: object) -> EndpointRow:
    values: dict[str, object] = {
        "documented": (port,),
        "configured": (port,),
        "configured_state": "static",
        "listening": (port,),
        "permitted": Permitted(server="allowed", client="allowed" if client else ""),
        "state": "configured, listening, permitted",
        "sources": ("server", "client") if client else ("server",),
        "decided_by": (
            DecidedBy(id=f"CE-{component}", name=f"CE {component}", store="local", action="allow"),
        ),
        **rest,
    }
    return EndpointRow(component=component, protocol="tcp", **values)  # type: ignore[arg-type]


def _endpoints() -> tuple[EndpointRow, ...]:
    blocked = Permitted(server="blocked", client="blocked")
    broken = "configured, listening, blocked: works only from this host"
    return (
        _row("Server Agent", 9998),
        _row("Naming Service", 9999, client=True, configured=(10999,), listening=(10999,), permitted=blocked, state=broken, decided_by=()),
        _row("UCMA Recorder Service", 9100, variant="Application port"),
        _row("UCMA Recorder Service", 9971, variant="Recorder port"),
        _row("LicenseServer", 9900),
        _row("DBConnectorServer", 9901, client=True, configured=(9951,), listening=(9951,), permitted=blocked, state=broken, decided_by=()),
        _row("AlarmServer", 9903),
        _row("SDServer", 9904, client=True),
        _row("DialerServer", 9905, permitted=Permitted(server="blocked"), state=broken, decided_by=()),
        _row("CampaignServer", 9906),
        _row("RuleServer", 9907),
        _row("TelephonyRecorderServer", 9908, listening=(), state="configured, not listening, permitted", note="The service is stopped."),
        EndpointRow(component="TelephonyRecorder", variant="SIP", protocol="udp", configured=tuple(range(5004, 5024, 2)), configured_state="static", listening=tuple(range(5004, 5024, 2)), permitted=Permitted(server="conditional"), state="configured, listening, permitted only if the profile is Domain", sources=("server",)),
        _row("IVRConnector", 9909, configured=(), configured_state="not-determinable", state="listening on the documented port, permitted", note="ServerAgent.Config.xml holds no port that is certainly this one."),
        _row("TelephonyConnectorServer", 9910, variant="UCMA"),
        _row("TelephonyConnectorServer", 9000, variant="UCMA Application port"),
        _row("TelephonyServer", 9911, client=True, permitted=blocked, state=broken, decided_by=()),
        EndpointRow(component="AgentFactory", protocol="tcp", configured_state="not-determinable", permitted=Permitted(server="conditional"), state="no port can be demanded", note="The vendor lists no port.", sources=("server",)),
        EndpointRow(component="EmailServer", protocol="tcp", configured=(9920,), configured_state="static", listening=(9920,), permitted=Permitted(server="allowed", client="allowed"), state="configured, listening, permitted", sources=("server", "client")),
        EndpointRow(component="ChatServer", protocol="tcp", configured_state="dynamic", listening=(50112,), permitted=blocked, state="dynamic, listening, blocked", sources=("server", "client")),
        _row("Web Service", 8005, permitted=Permitted(server="not-exposed", client="not-exposed"), state="listening on loopback only", decided_by=()),
        _row("Web Service", 8009, client=True, configured=(), configured_state="disabled", listening=(), state="disabled, permitted"),
        _row("Web Service", 8080, client=True, state="foreign program listens", note="jenkins.exe, pid 5120"),
        _row("Web Service", 8443, client=True),
        _row("ServerManager", 9997),
        _row("SMSConnectorServer", 9912, configured=(), configured_state="", listening=(), state="removed component, still permitted"),
    )  # fmt: skip


def sample() -> Results:
    """A drifted core server: findings of every severity, one of them waived, gaps, and a broken check."""
    checks = (
        _missing(),
        _disabled(),
        _dynamic(),
        _foreign(),
        _stale(),
        _broad(),
        _plain("listener-mismatch", "Components listen where they are configured to", Status.PASS),
        _plain("wrong-profile-firewall-rule", "CE's rules apply to the profile in use", Status.PASS),
        _plain("blocked-by-firewall-rule", "No block rule stops a CE endpoint", Status.PASS),
        _plain("wrong-program-firewall-rule", "CE's rules name the program that listens", Status.PASS),
        _plain("firewall-disabled", "Windows Firewall is on in every profile in use", Status.PASS, severity=Severity.CRITICAL),
        _plain("local-rules-ignored", "Group Policy does not void the rules that CE writes", Status.NOT_PROVEN, "Group Policy evidence is missing: the policy key was not exported.", Severity.CRITICAL),
        _plain("restart-pending", "The server was restarted after its last firewall change", Status.ERROR, "ValueError: year is out of range", Severity.LOW),
        _plain("cmdlets-not-rerun", "The firewall rules are younger than the configuration", Status.NOT_APPLICABLE, "No rule on this host was written by the cmdlets."),
    )  # fmt: skip
    return Results(
        tool="ce-audit 0.1.0",
        catalogue="ce-6.1 (35 rows)",
        verdict=Verdict.NON_COMPLIANT,
        reasons=(
            "Naming Service listens on TCP 10999 and no firewall rule lets it through: agents cannot log in.",
            "DBConnectorServer listens on TCP 9951 and no firewall rule lets it through.",
            "The firewall rules of TelephonyServer and DialerServer are disabled.",
        ),
        host=AssessedHost(
            name="CE-CORE01",
            role="core-server",
            domain="corp.example",
            os="Microsoft Windows Server 2016 Standard 10.0.14393",
            boot_time=datetime(2025, 2, 27, 3, 12, 5, tzinfo=UTC),
            time_zone="W. Europe Standard Time",
            collected_at=datetime(2025, 3, 4, 10, 15, 42, tzinfo=UTC),
            collector="Collect-CEEvidence.ps1 0.1.0",
            elevated=True,
            install_directory=r"C:\Program Files\Geomant\CE",
            profiles=("domain",),
        ),
        summary=Summary(passed=5, fail=6, not_applicable=1, not_proven=1, error=1, waived=1),
        results=checks,
        endpoints=_endpoints(),
        evidence=tuple(
            LedgerRow(kind=kind, source=source, sha256=digest(source), bytes=size, modified_at=datetime(2025, 3, 4, 10, 15, tzinfo=UTC))
            for kind, source, size in (
                ("firewall-rules", RULES_REG, 412_338),
                ("tao-options", "registry/tao.reg", 702),
                ("listeners", LISTENERS, 18_224),
                ("processes", "processes.json", 40_112),
                ("services", "services.json", 88_007),
                ("configuration", AGENT_XML, 9_811),
                ("unrecognised", "notes.txt", 120),
            )
        ),
        gaps=(
            Gap(kind=EvidenceKind.GPO_POLICY, reason="The policy key was not exported.", fetch=r'reg.exe export "HKLM\SOFTWARE\Policies\Microsoft\WindowsFirewall" policy.reg /y'),
            Gap(kind=EvidenceKind.CONFIGURED_PORTS, subject="IVRConnector", reason="ServerAgent.Config.xml holds no port that is certainly this one.", fetch="Copy-Item 'C:\\Program Files\\Geomant\\CE\\Services\\ServerAgent\\ServerAgent.Config.xml' evidence\\"),
            Gap(kind=EvidenceKind.CONFIGURED_PORTS, subject="AgentFactory", reason="No element names this component.", fetch="Copy-Item 'C:\\Program Files\\Geomant\\CE\\Services\\ServerAgent\\ServerAgent.Config.xml' evidence\\"),
            Gap(kind=EvidenceKind.RECORDING_CHANNELS, reason="Channels are kept in the CE database."),
        ),
        problems=(Problem(origin=Origin(source=RULES_REG, locator="line 1180"), text='"{0B1..."="v2.30|Action=Al', reason="the value ends inside a token"),),
    )  # fmt: skip


def hostile() -> Results:
    """Every text of the host is an attempt at another reader."""
    findings = tuple(
        Finding(severity=Severity.HIGH, component=name, subject=name, message=name, expected=name, observed=name, impact=name, fingerprint=name,
            evidence=(Observation(source=name, locator=name, observed=name, sha256=name),),
            remediation=Remediation(commands=(name,), netsh=(name,), undo=(name,), manual=(name,), restart=name))
        for name in HOSTILE
    )  # fmt: skip
    return Results(
        tool=HOSTILE[0],
        catalogue=HOSTILE[2],
        verdict=Verdict.NON_COMPLIANT,
        reasons=HOSTILE[:3],
        host=AssessedHost(name="".join(HOSTILE), role=HOSTILE[0], domain=HOSTILE[2], os=HOSTILE[4], collector=HOSTILE[5]),
        results=tuple(
            CheckResult(check=f"check-{number}", title=name, status=Status.FAIL, severity=Severity.HIGH, reason=name, findings=(found,))
            for number, (name, found) in enumerate(zip(HOSTILE, findings, strict=True))
        ),
        endpoints=tuple(
            EndpointRow(component=name, variant=name, protocol="tcp", state=name, note=name, configured_state=name, permitted=Permitted(server=name, client=name),
                decided_by=(DecidedBy(id=name, name=name, store=name, action=name),))
            for name in HOSTILE
        ),
        evidence=tuple(LedgerRow(kind=name, source=name, sha256=name, bytes=1) for name in HOSTILE),
        gaps=tuple(Gap(kind=EvidenceKind.HOST, subject=name, reason=name, fetch=name) for name in HOSTILE),
        problems=tuple(Problem(origin=Origin(source=name, locator=name), text=name, reason=name) for name in HOSTILE),
    )  # fmt: skip


def crowded(count: int = 450) -> Results:
    """More findings, rows and sources than a page shows."""
    findings = tuple(
        finding(Severity.LOW, f"Part {number:04}", number + 1, "Too many.") for number in range(count)
    )
    return Results(
        verdict=Verdict.COMPLIANT,
        results=(CheckResult(check="many", title="Few findings", status=Status.FAIL, severity=Severity.LOW, findings=findings),),
        endpoints=tuple(_row(f"Part {number:04}", number + 1) for number in range(count)),
        evidence=tuple(LedgerRow(kind="host", source=f"file {number}", sha256=digest(str(number)), bytes=number) for number in range(count)),
        problems=tuple(Problem(origin=Origin(source="f"), text=str(number), reason="bad") for number in range(count)),
    )  # fmt: skip
