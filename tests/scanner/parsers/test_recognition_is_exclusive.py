"""Every piece of text evidence is claimed by the one parser it is for, and by no other."""

from collections.abc import Callable
from pathlib import Path

import pytest

from scanner.errors import ParseError
from scanner.parsers.clixml import looks_like_clixml
from scanner.parsers.gpreport import looks_like_gpreport
from scanner.parsers.ipconfig import looks_like_ipconfig
from scanner.parsers.netfirewall_csv import looks_like_netfirewall_csv
from scanner.parsers.netfirewall_json import looks_like_netfirewall_json
from scanner.parsers.netsh_profiles import looks_like_netsh_profiles
from scanner.parsers.netsh_rules import looks_like_netsh_rules
from scanner.parsers.netstat import looks_like_netstat
from scanner.parsers.osquery import looks_like_osquery
from scanner.parsers.pfirewall_log import looks_like_pfirewall_log
from scanner.parsers.port_ranges import looks_like_port_ranges
from scanner.parsers.powershell_dump import looks_like_powershell_dump
from scanner.parsers.powershell_json import looks_like_powershell_json
from scanner.parsers.tasklist import looks_like_tasklist
from scanner.parsers.text import decode
from tests.corpus import CORPUS, needs_corpus

SNIFFERS: dict[str, Callable[[str], bool]] = {
    "netsh-rules": looks_like_netsh_rules,
    "netsh-profiles": looks_like_netsh_profiles,
    "netstat": looks_like_netstat,
    "tasklist": looks_like_tasklist,
    "port-ranges": looks_like_port_ranges,
    "powershell-json": looks_like_powershell_json,
    "powershell-dump": looks_like_powershell_dump,
    "ipconfig": looks_like_ipconfig,
    "gpreport": looks_like_gpreport,
    "pfirewall-log": looks_like_pfirewall_log,
    "netfirewall-json": looks_like_netfirewall_json,
    "netfirewall-csv": looks_like_netfirewall_csv,
    "clixml": looks_like_clixml,
    "osquery": looks_like_osquery,
}
OURS = {
    "netsh/en_show_rule_all_logancave.txt": "netsh-rules",
    "netsh/de_show_rule_name_winnfsd.txt": "netsh-rules",
    "netsh/es_show_rule_name.txt": "netsh-rules",
    "netsh/en_show_currentprofile_public.txt": "netsh-profiles",
    "netsh/fr_show_allprofiles_part.txt": "netsh-profiles",
    "netstat/en_ano_utf16.txt": "netstat",
    "netstat/es_ano_utf16.txt": "netstat",
    "netstat/fr_an_utf16.txt": "netstat",
    "netstat/ko_ano_utf16.txt": "netstat",
    "netstat/en_an_nopid.txt": "netstat",
    "netstat/jc_netstat-aon.out": "netstat",
    "netstat/jc_netstat-aonb.out": "netstat",
    "netstat/inspec_netstat-anbo.utf8": "netstat",
    "netstat/velociraptor_NetstatEnriched.jsonl": "powershell-json",
    "powershell/get-net-tcpconnection.json": "powershell-json",
    "powershell/netfirewallrule_format-list_utf16.txt": "powershell-dump",
    "powershell/netfirewallrule_single_cortana.txt": "powershell-dump",
    "powershell/firewall_rules_export_semicolon.csv": "netfirewall-csv",
    "gpo/nsacyber_firewall_gpreport.xml": "gpreport",
    "tasklist/en_tasklist.txt": "tasklist",
    "tasklist/en_tasklist_fo_csv.csv": "tasklist",
    "tasklist/en_tasklist_v_fo_csv_utf16.csv": "tasklist",
    "ports/en_dynamicport_1024.txt": "port-ranges",
    "ports/en_excluded_tcp_and_administered.txt": "port-ranges",
    "ports/en_excluded_tcp_udp_ci.txt": "port-ranges",
}


def claims(path: Path) -> list[str]:
    try:
        text = decode(path.read_bytes())
    except ParseError:
        return []
    return [kind for kind, looks_like in SNIFFERS.items() if looks_like(text)]


def corpus_files() -> list[str]:
    return sorted(path.relative_to(CORPUS).as_posix() for path in CORPUS.rglob("*") if path.is_file())


@needs_corpus
@pytest.mark.parametrize("name", corpus_files())
def test_only_the_right_parser_claims_it(name: str) -> None:
    assert claims(CORPUS / name) == ([OURS[name]] if name in OURS else [])


@needs_corpus
def test_every_file_we_claim_is_there() -> None:
    assert set(OURS) <= set(corpus_files())


HOSTILE = {
    "blanks": "a: y" + " " * 200_000 + "x",
    "colons": "TCP " + ":" * 200_000,
    "dashes": ("-" * 40 + "\n") * 20_000,
    "columns": "tcp\n" + "----  ----\n" * 20_000,
    "equals": "= =\n" * 20_000,
    "settings": "x\n" + "-" * 40 + "\n" + "a  " * 50_000 + "\n",
    "quotes": '"' * 100_000,
    "brackets": "[" * 100_000,
    "spaces": "  TCP" + " " * 200_000 + "x\n",
}


@pytest.mark.parametrize("name", sorted(HOSTILE))
def test_hostile_text_is_turned_down_in_no_time(name: str) -> None:
    assert [kind for kind, looks_like in SNIFFERS.items() if looks_like(HOSTILE[name])] == []
