"""The commands that mend a finding: by id, undone exactly, with nothing a host could turn against us."""

import pytest

from rules.case import Case
from rules.model import Remediation
from rules.powershell import quoted
from rules.remedies import allow, disable, enable, rerun_cmdlets, restart, set_profiles, set_program
from rules.site import Site
from scanner.model import Profile, Store
from tests.rules.changes import changed, configured, with_file
from tests.rules.hosts import DB, INSTALL, core_server, file, fw_rule, operator_pc, program, tcp
from tests.rules.judging import case_of

CORE = case_of(core_server())
RULE = fw_rule("{3F2A-77}", name="Contact Expert DB", program=program(DB), local_ports=("9901",))


def test_switching_names_the_rule_by_id_and_undoes_it() -> None:
    on, off = enable(CORE, (RULE,)), disable(CORE, (RULE,))
    assert on.commands == off.undo == ("Enable-NetFirewallRule -Name '{3F2A-77}'",)
    assert on.undo == off.commands == ("Disable-NetFirewallRule -Name '{3F2A-77}'",)
    assert on.netsh == ('netsh advfirewall firewall set rule name="Contact Expert DB" dir=in new enable=yes',)
    assert off.netsh[0].endswith("enable=no")


@pytest.mark.parametrize(
    ("store", "words"),
    [
        (Store.GPO, "comes from Group Policy"),
        (Store.MDM, "comes from device management"),
        (Store.UNKNOWN, "or where a policy defines it"),
        (Store.APPISO, "comes from the appiso store"),
    ],
)
def test_a_rule_of_another_store_is_changed_where_it_is_defined(store: Store, words: str) -> None:
    remediation = disable(CORE, (fw_rule("G", store=store),))
    assert (remediation.commands, remediation.undo, remediation.netsh) == ((), (), ())
    assert words in remediation.manual[0]
    assert set_profiles(CORE, fw_rule("G", store=store), (Profile.DOMAIN,)).commands == ()


@pytest.mark.parametrize("rule_id", ["netsh-17", "a\nb", "\u202ecod"])
def test_a_rule_that_no_command_can_name_is_found_by_hand(rule_id: str) -> None:
    remediation = enable(CORE, (fw_rule(rule_id),))
    assert remediation.commands == ()
    assert "wf.msc" in remediation.manual[0]
    assert "enable it" in remediation.manual[0]


def test_rules_of_mixed_stores_are_split_into_commands_and_handwork() -> None:
    remediation = disable(CORE, (RULE, fw_rule("G", store=Store.GPO)))
    assert (len(remediation.commands), len(remediation.manual)) == (1, 1)


def test_a_hostile_id_stays_one_quoted_argument() -> None:
    (command,) = disable(CORE, (fw_rule("x'; Remove-Item C:\\ -Recurse; #"),)).commands
    assert command == "Disable-NetFirewallRule -Name 'x''; Remove-Item C:\\ -Recurse; #'"


def test_an_id_with_wildcards_names_only_itself() -> None:
    assert disable(CORE, (fw_rule("*"),)).commands == (
        "Disable-NetFirewallRule -Name ([WildcardPattern]::Escape('*'))",
    )


@pytest.mark.parametrize("name", ['a"b', "%TEMP%", "a!b", "@FirewallAPI.dll,-32752", "a\nb"])
def test_netsh_is_left_out_where_it_cannot_name_the_rule(name: str) -> None:
    remediation = enable(CORE, (fw_rule("id", name=name),))
    assert remediation.netsh == ()
    assert remediation.commands


def test_profiles_are_added_and_put_back() -> None:
    domain = fw_rule("id", profiles=(Profile.DOMAIN,))
    remediation = set_profiles(CORE, domain, (Profile.PUBLIC, Profile.DOMAIN))
    assert remediation.commands == ("Set-NetFirewallRule -Name 'id' -Profile Domain,Public",)
    assert remediation.undo == ("Set-NetFirewallRule -Name 'id' -Profile Domain",)


def test_a_program_is_set_and_put_back() -> None:
    remediation = set_program(CORE, fw_rule("id", program=r"C:\it's\a.exe"), r"D:\b.exe")
    assert remediation.commands == (r"Set-NetFirewallRule -Name 'id' -Program 'D:\b.exe'",)
    assert remediation.undo == (r"Set-NetFirewallRule -Name 'id' -Program 'C:\it''s\a.exe'",)
    assert set_program(CORE, fw_rule("id"), r"D:\b.exe").undo == (
        "Set-NetFirewallRule -Name 'id' -Program 'Any'",
    )


@pytest.mark.parametrize(
    ("old", "new"), [(r"C:\a.exe", None), ("C:\\a\n.exe", r"C:\b.exe"), (r"C:\a.exe", "C:\n")]
)
def test_a_path_that_cannot_be_written_is_left_to_the_cmdlets(old: str, new: str | None) -> None:
    assert set_program(CORE, fw_rule("id", program=old), new) == rerun_cmdlets(CORE)


def test_the_cmdlets_run_after_an_export_that_the_undo_imports() -> None:
    remediation = rerun_cmdlets(CORE)
    assert remediation.commands[0].startswith("netsh advfirewall export ")
    assert remediation.commands[1:] == ("Remove-CEFirewallRules", "Add-CEFirewallRules")
    assert remediation.undo == (remediation.commands[0].replace("export", "import"),)


def test_only_a_server_is_restarted() -> None:
    assert "whole server" in restart(CORE)
    assert restart(case_of(operator_pc())) == ""
    assert restart(case_of(operator_pc(), Site(role="core-server"))) == restart(CORE)


def allowed(case: Case = CORE, row_id: str = DB, *, every_port: bool = False) -> Remediation:
    endpoint = next(each for each in case.endpoints if each.row.id == row_id)
    return allow(case, endpoint, every_port=every_port)


def test_a_new_rule_is_as_narrow_as_its_endpoint() -> None:
    remediation = allowed()
    assert remediation.commands == (
        (
            "New-NetFirewallRule -Name 'ce-audit-db-connector-server-tcp-9901' "
            "-DisplayName 'Contact Expert DBConnectorServer (TCP-In)' -Direction Inbound -Action Allow "
            f"-Enabled True -Profile Domain -Protocol TCP -LocalPort 9901 -Program '{program(DB)}'"
        ),
    )
    assert remediation.undo == ("Remove-NetFirewallRule -Name 'ce-audit-db-connector-server-tcp-9901'",)
    assert remediation.netsh == (
        (
            'netsh advfirewall firewall add rule name="Contact Expert DBConnectorServer (TCP-In)" dir=in '
            f'action=allow protocol=TCP localport=9901 program="{program(DB)}" profile=domain enable=yes'
        ),
    )


def test_a_span_is_opened_whole_and_a_program_on_every_port() -> None:
    spanned = case_of(configured(core_server(), DB, tcp(9901, port_end=9903)))
    assert "-LocalPort 9901-9903 " in allowed(spanned).commands[0]
    every = allowed(row_id="web-service", every_port=True)
    assert "-LocalPort" not in every.commands[0]
    assert "localport" not in every.netsh[0]
    ucma = case_of(with_file(core_server(), file(program("telephony-recorder-ucma"))))
    assert "-LocalPort" not in allowed(ucma, "telephony-recorder-ucma").commands[0]


def elsewhere(directory: str) -> Case:
    bare = changed(core_server(), processes=(), services=(), executables=(), listeners=())
    return case_of(with_file(bare, file(program(DB).replace(INSTALL, directory))))


@pytest.mark.parametrize("directory", ["D:\\100% CE", "D:\\Ce!", "D:\\it's"])
def test_a_directory_that_a_shell_would_read_is_quoted_or_left_out(directory: str) -> None:
    remediation = allowed(elsewhere(directory))
    assert f"-Program {quoted(program(DB).replace(INSTALL, directory))}" in remediation.commands[0]
    assert bool(remediation.netsh) is ("'" in directory)


def test_a_directory_that_no_command_can_hold_is_left_to_the_vendors_way() -> None:
    remediation = allowed(elsewhere("D:\\C\u202eE"))
    assert remediation.commands == ()
    assert "Remove-CEFirewallRules" in remediation.manual[0]
