"""What the registry says about the host and its services."""

import pytest

from scanner.model import Host, Origin, Problem, Service
from scanner.parsers.registry_host import host_facts
from scanner.registry_key import RegistryData, RegistryKey

CONTROL_SET = r"HKEY_LOCAL_MACHINE\SYSTEM\CurrentControlSet"
WINDOWS = r"HKEY_LOCAL_MACHINE\SOFTWARE\Microsoft\Windows NT\CurrentVersion"
ORIGIN = Origin(source="SYSTEM", locator="x")


def key(path: str, **values: RegistryData) -> RegistryKey:
    return RegistryKey(path=path, values=tuple(values.items()), origin=ORIGIN)


def service(name: str, **values: RegistryData) -> list[Host | Service | Problem]:
    return list(host_facts([key(rf"{CONTROL_SET}\Services\{name}", **values)]))


def test_the_host_is_put_together_from_its_keys() -> None:
    facts = host_facts(
        [
            key(rf"{CONTROL_SET}\Control\ComputerName\ComputerName", ComputerName="CE-CORE01"),
            key(
                rf"{CONTROL_SET}\Control\TimeZoneInformation", TimeZoneKeyName="Central Europe Standard Time"
            ),
            key(WINDOWS.lower(), ProductName="Windows Server 2016 Standard", CurrentBuild="14393"),
            key(WINDOWS),
        ]
    )
    assert list(facts) == [
        Host(
            name="CE-CORE01",
            time_zone="Central Europe Standard Time",
            os_caption="Windows Server 2016 Standard",
            os_build="14393",
        )
    ]


def test_nothing_known_gives_no_host() -> None:
    assert list(host_facts([key(WINDOWS, ProductName=1, CurrentBuild=""), key(CONTROL_SET)])) == []


def test_a_service_is_read_with_program_start_and_sid_type() -> None:
    path = r'"C:\CE\Services\NamingService\NT_Naming_Service.exe"'
    assert service("Naming", ImagePath=path, DisplayName="Naming", Start=2, ServiceSidType=1, Type=0x110) == [
        Service(
            name="Naming",
            display_name="Naming",
            path=path,
            start_mode="auto",
            sid_type="unrestricted",
            origin=ORIGIN,
        )
    ]


def test_what_a_service_key_does_not_state_stays_unknown() -> None:
    assert service("x", ImagePath="x.exe", DisplayName=5, Start=9) == [
        Service(name="x", path="x.exe", origin=ORIGIN)
    ]


@pytest.mark.parametrize(
    "values",
    [
        {"ImagePath": r"System32\drivers\tcpip.exe", "Type": 1},
        {"ImagePath": r"\SystemRoot\System32\drivers\TCPIP.SYS"},
        {"ImagePath": "", "Type": 16},
        {"Start": 2},
    ],
)
def test_drivers_and_services_without_a_program_are_left_out(values: dict[str, RegistryData]) -> None:
    assert service("x", **values) == []


def test_an_image_path_that_is_no_text_is_a_problem() -> None:
    (problem,) = service("x", ImagePath=b"\x00")
    assert isinstance(problem, Problem)
    assert problem.origin == ORIGIN


def test_keys_below_a_service_are_no_services() -> None:
    assert service(r"x\Parameters", ImagePath="x.exe") == []
