"""The program and service conditions (windows-firewall.md 3.5 and 3.9)."""

import pytest

from rules.firewall.decision import Outcome
from rules.firewall.programs import match_program, read_program
from rules.firewall.truth import FALSE, TRUE, UNKNOWN, Truth
from scanner.model import Service
from tests.rules.firewall.policies import HERE, decided, flow, fw_rule

ALLOWED, BLOCKED, CONDITIONAL = Outcome.ALLOWED, Outcome.BLOCKED, Outcome.CONDITIONAL
SVCHOST = r"C:\Windows\System32\svchost.exe"


@pytest.mark.parametrize(
    ("wanted", "found", "expected"),
    [
        (r"C:\CE\a.exe", r"c:\ce\A.EXE", TRUE),
        (r"C:\CE\a.exe", r"C:\CE\b.exe", FALSE),
        ('"C:/CE/a.exe"', r"\\?\C:\CE\a.exe", TRUE),
        (r"\??\C:\CE\a.exe", r"C:\CE\.\a.exe", TRUE),
        (r"C:\CE\lib\..\a.exe", r"C:\CE\a.exe", TRUE),
        (r"C:\..\..\CE\a.exe", r"C:\CE\a.exe", TRUE),
        (r"%windir%\a.exe", r"C:\Windows\a.exe", TRUE),
        (r"%SystemDrive%\a.exe", r"C:\a.exe", TRUE),
        (r"%ProgramData%\a.exe", r"C:\ProgramData\a.exe", TRUE),
        (r"%CommonProgramFiles%\a.exe", r"C:\Program Files\Common Files\a.exe", TRUE),
        (r"%ProgramFiles(x86)%\a.exe", r"C:\Program Files (x86)\a.exe", TRUE),
        (r"\SystemRoot\System32\a.exe", r"C:\Windows\system32\a.exe", TRUE),
        ("System", "SYSTEM", TRUE),
        ("System", r"C:\Windows\System32\ntoskrnl.exe", FALSE),
        # short names: a shape that cannot fit is FALSE, one that may is UNKNOWN
        (r"C:\PROGRA~1\CE\a.exe", r"C:\Program Files\CE\a.exe", UNKNOWN),
        (r"C:\PROGRA~2\CE\a.exe", r"C:\Program Files\CE\a.exe", UNKNOWN),
        (r"C:\PROGRA~1\CE\a.exe", r"C:\Programs\CE\a.exe", UNKNOWN),
        (r"C:\PROGRA~1\CE\a.exe", r"C:\Prog\CE\a.exe", FALSE),
        (r"C:\PROGRA~1\CE\a.exe", r"D:\Program Files\CE\a.exe", FALSE),
        (r"C:\PROGRA~1\CE\a.exe", r"C:\Program Files\CE\bin\a.exe", FALSE),
        (r"C:\CE\NAMING~1.EXE", r"C:\CE\naming service.exe", UNKNOWN),
        (r"C:\CE\NAMING~1.EXE", r"C:\CE\naming service.dll", FALSE),
        (r"C:\CE\AB~1.EXE", r"C:\CE\a.b.exe", UNKNOWN),
        (r"C:\CE\AB~1.EXE", r"C:\CE\abcdef.exe", FALSE),
        (r"C:\CE\NA3F2C~1.EXE", r"C:\CE\naming service.exe", UNKNOWN),
        (r"C:\PROGRA~1\CE\a.exe", r"c:\progra~1\CE\a.exe", TRUE),
        (r"C:\Program Files\CE\a.exe", r"C:\PROGRA~1\CE\a.exe", UNKNOWN),
        # places nobody can resolve here
        (r"%JAVA_HOME%\bin\java.exe", r"C:\jdk\bin\java.exe", UNKNOWN),
        (r"%JAVA_HOME%\bin\java.exe", r"C:\jdk\bin\javaw.exe", FALSE),
        (r"%ROOT%\a\b\java.exe", r"C:\java.exe", FALSE),
        (r"\Device\HarddiskVolume3\CE\a.exe", r"C:\CE\a.exe", UNKNOWN),
        (r"\Device\HarddiskVolume3\CE\a.exe", r"C:\CE\b.exe", FALSE),
        (r"\\host\c$\CE\a.exe", r"C:\CE\a.exe", UNKNOWN),
        (r"\\?\UNC\host\c$\CE\a.exe", r"\\host\c$\CE\a.exe", TRUE),
        (r"\\host\c$\CE\a.exe", r"C:\CE\b.exe", FALSE),
        ("a.exe", r"C:\CE\a.exe", UNKNOWN),
        ("a.exe", r"C:\CE\b.exe", FALSE),
        # a service expands a user's variable
        (r"%LOCALAPPDATA%\a.exe", r"C:\Users\me\AppData\Local\a.exe", FALSE),
        (r"C:\CE\a.exe", r"%TEMP%\a.exe", FALSE),
    ],
)
def test_a_path_in_a_rule_means_a_process(wanted: str, found: str, expected: Truth) -> None:
    assert match_program(read_program(wanted), read_program(found)) == expected


def test_an_unknown_listener_leaves_the_program_open() -> None:
    assert decided(flow(443, program=None), fw_rule(r"Action=Allow|App=C:\CE\a.exe")).outcome == CONDITIONAL
    assert decided(flow(443, program=None), fw_rule("Action=Allow|Protocol=6|LPort=443")).outcome == ALLOWED


def test_an_assumed_folder_is_said() -> None:
    answer = decided(flow(443, program=r"C:\Windows\a.exe"), fw_rule(r"Action=Allow|App=%windir%\a.exe"))

    assert answer.notes == (r"%windir%\a.exe is read as c:\windows\a.exe",)


@pytest.mark.parametrize(
    ("service", "program", "flow_service", "outcome"),
    [
        ("Spooler", SVCHOST, "SPOOLER", ALLOWED),
        ("Spooler", SVCHOST, "other", BLOCKED),
        ("Spooler", SVCHOST, None, CONDITIONAL),
        ("Spooler", SVCHOST, "", CONDITIONAL),
        ("Spooler", r"C:\CE\server.exe", None, BLOCKED),
        ("Spooler", "System", None, BLOCKED),
        ("Spooler", None, None, CONDITIONAL),
        ("*", SVCHOST, None, ALLOWED),
        ("*", r"C:\CE\server.exe", "ce", ALLOWED),
        ("*", r"C:\CE\server.exe", None, BLOCKED),
    ],
)
def test_the_service_condition(
    service: str, program: str | None, flow_service: str | None, outcome: Outcome
) -> None:
    allow = fw_rule(f"Action=Allow|Svc={service}")

    assert decided(flow(443, program=program, service=flow_service), allow).outcome == outcome


def test_a_service_without_a_sid_can_never_be_matched() -> None:
    service = Service(name="CE", sid_type="none", origin=HERE)

    answer = decided(flow(443, service="ce"), fw_rule("Action=Allow|Svc=CE"), services=(service,))

    assert answer.outcome == BLOCKED


def test_an_app_package_rule_matches_no_ordinary_program() -> None:
    package = fw_rule("Action=Allow|PFN=Some.App_8wekyb3d8bbwe|LUOwn=S-1-5-21-1")
    packaged = r"C:\Program Files\WindowsApps\Some.App\a.exe"

    assert decided(flow(443), package).outcome == BLOCKED
    assert decided(flow(443, program=None), package).outcome == BLOCKED
    assert decided(flow(443, program=packaged), package).outcome == CONDITIONAL
