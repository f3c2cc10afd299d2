"""`netsh advfirewall firewall show rule` is read by structure: any language, verbose or not, whole or cut."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanner.errors import ParseError
from scanner.model import Action, Direction, FirewallRule, Origin, Problem, Profile, Store
from scanner.parsers.netsh_rules import looks_like_netsh_rules, parse_netsh_rules
from scanner.parsers.text import decode
from tests.corpus import CORPUS, needs_corpus

ORIGIN = Origin(source="rules.txt")
EVERY = (Profile.DOMAIN, Profile.PRIVATE, Profile.PUBLIC)
NOT_VERBOSE = ("program", "service", "interface_types", "security")


def listing(*lines: str, column: int = 38) -> str:
    """Lines "label|value" as netsh prints them; other lines stay as they are."""
    printed = [
        f"{line.partition('|')[0] + ':':<{column}}{line.partition('|')[2]}" if "|" in line else line
        for line in lines
    ]
    return "\r\n".join(["", *printed, ""])


DASHES = "-" * 70
SHORT = (
    "Rule Name|CE DB Connector",
    DASHES,
    "Enabled|Yes",
    "Direction|In",
    "Profiles|Domain,Private,Public",
    "Grouping|Contact Expert",
    "LocalIP|Any",
    "RemoteIP|10.20.0.0/16,LocalSubnet",
    "Protocol|TCP",
    "LocalPort|9901,9990-9999,RPC",
    "RemotePort|Any",
    "Edge traversal|No",
    "Action|Allow",
)
VERBOSE_TAIL = (
    r"Program|C:\CE\db.exe",
    "Service|CEService",
    "InterfaceTypes|Any",
    "Security|NotRequired",
    "Rule source|Local Setting",
)
VERBOSE = (*SHORT[:2], "Description|Opens the port", *SHORT[2:-1], *VERBOSE_TAIL, SHORT[-1])


def read(text: str) -> tuple[list[FirewallRule], list[Problem]]:
    facts = list(parse_netsh_rules(text, ORIGIN))
    fw_rules = [fact for fact in facts if isinstance(fact, FirewallRule)]
    return fw_rules, [fact for fact in facts if isinstance(fact, Problem)]


def changed(lines: tuple[str, ...], label: str, value: str) -> tuple[str, ...]:
    return tuple(f"{label}|{value}" if line.startswith(f"{label}|") else line for line in lines)


def test_a_rule_of_a_plain_listing_does_not_know_its_program() -> None:
    assert read(listing(*SHORT)) == (
        [
            FirewallRule(
                id="netsh-1",
                store=Store.LOCAL,
                active=True,
                action=Action.ALLOW,
                direction=Direction.IN,
                profiles=EVERY,
                protocol=6,
                local_ports=("9901", "9990-9999", "RPC"),
                remote_addresses=("10.20.0.0/16", "LocalSubnet"),
                name="CE DB Connector",
                extra=(("EmbedCtxt", "Contact Expert"),),
                unread=NOT_VERBOSE,
                origin=Origin(source="rules.txt", locator="line 2"),
            )
        ],
        [],
    )


def test_a_rule_of_a_verbose_listing_shows_everything() -> None:
    (fw_rule,), problems = read(listing(*VERBOSE))
    assert (fw_rule.program, fw_rule.service, fw_rule.unread) == (r"C:\CE\db.exe", "CEService", ())
    assert dict(fw_rule.extra) == {"EmbedCtxt": "Contact Expert", "Desc": "Opens the port"}
    assert problems == []


def test_a_verbose_rule_without_program_and_service_has_no_such_condition() -> None:
    lines = tuple(line for line in VERBOSE if not line.startswith(("Program|", "Service|")))
    (fw_rule,), problems = read(listing(*lines))
    assert (fw_rule.program, fw_rule.service, fw_rule.unread, problems) == (None, None, (), [])


def test_any_program_and_service_are_no_condition() -> None:
    (fw_rule,), _ = read(listing(*changed(changed(VERBOSE, "Program", "Any"), "Service", "Any")))
    assert (fw_rule.program, fw_rule.service) == (None, None)


def test_the_order_of_a_language_nobody_knows_tells_its_fields() -> None:
    words = {
        "Enabled": "Gaitu", "Direction": "Norabidea", "Profiles": "Profilak", "Grouping": "Taldea",
        "LocalIP": "Bertakoa", "RemoteIP": "Urrunekoa", "Protocol": "Protokoloa", "LocalPort": "Ataka",
        "RemotePort": "Urruneko ataka", "Edge traversal": "Ertza", "Program": "Programa",
        "Service": "Zerbitzua", "InterfaceTypes": "Motak", "Security": "Segurtasuna",
        "Rule source": "Iturburua", "Action": "Ekintza", "Description": "Azalpena", "Rule Name": "Izena",
    }  # fmt: skip
    values = {"Any": "Edozein", "Yes": "Bai", "Domain,Private,Public": "Domeinua,Pribatua,Publikoa"}
    lines = []
    for line in VERBOSE:
        label, bar, value = line.partition("|")
        lines.append(f"{words[label]}|{values.get(value, value)}" if bar else line)
    (fw_rule,), problems = read(listing(*lines, column=41))
    assert fw_rule.local_ports == ("9901", "9990-9999", "RPC")
    assert (fw_rule.local_addresses, fw_rule.remote_ports) == ((), ())
    assert (fw_rule.program, fw_rule.service, fw_rule.profiles) == (r"C:\CE\db.exe", "CEService", EVERY)
    assert (fw_rule.active, ("Enabled", "Bai") in fw_rule.extra) == (True, True)
    assert [(item.text, item.reason) for item in problems] == [("Bai", "not a known word for Enabled")]


@pytest.mark.parametrize("described", [(), ("Azalpena|Bat bi hiru",)])
def test_a_rule_for_any_protocol_is_laid_out_by_the_word_for_any(described: tuple[str, ...]) -> None:
    lines = ("Izena|x", DASHES, *described, "Gaitu|Bai", "Norabidea|Barrura", "Profilak|Domeinua", "Taldea|")
    text = listing(*lines, "Bertakoa|Edozein", "Urrunekoa|10.0.0.1", "Protokoloa|Edozein", "Ekintza|Onartu")
    (fw_rule,), problems = read(text)
    assert (fw_rule.protocol, fw_rule.remote_addresses) == (None, ("10.0.0.1",))
    assert {item.text for item in problems} == {"Onartu", "Bai", "Barrura", "Domeinua"}


def test_a_block_that_ends_with_its_ports_teaches_no_labels() -> None:
    (fw_rule,), problems = read(listing(*SHORT[:-2]))
    assert (fw_rule.action, fw_rule.local_ports) == (None, ("9901", "9990-9999", "RPC"))
    assert [item.reason for item in problems] == ["the rule has no line for Action"]


def test_an_unknown_word_never_becomes_a_direction_or_an_action() -> None:
    lines = changed(changed(SHORT, "Direction", "Actif"), "Action", "Quizás")
    (fw_rule,), problems = read(listing(*changed(lines, "LocalPort", "80")))
    assert (fw_rule.direction, fw_rule.action) == (None, None)
    assert {item.text for item in problems} == {"Actif", "Quizás"}
    assert {item.origin.locator for item in problems} == {"line 5", "line 14"}


def test_a_direction_word_is_learnt_from_a_port_that_only_inbound_rules_may_have() -> None:
    inbound = changed(changed(SHORT, "Direction", "Actif"), "LocalPort", "RPC")
    outbound = changed(changed(SHORT, "Direction", "Inactif"), "LocalPort", "80")
    fw_rules, problems = read(listing(*inbound, "", *outbound))
    assert [fw_rule.direction for fw_rule in fw_rules] == [Direction.IN, Direction.OUT]
    assert problems == []


def test_the_same_unknown_word_is_one_problem_for_the_whole_listing() -> None:
    lines = changed(SHORT, "Action", "Quizás")
    fw_rules, problems = read(listing(*lines, "", *lines, "", *lines))
    assert ([fw_rule.id for fw_rule in fw_rules], len(problems)) == (["netsh-1", "netsh-2", "netsh-3"], 1)


def test_what_a_block_rule_shows_as_security_means_none_is_required() -> None:
    block = changed(changed(VERBOSE, "Security", "Ez da beharrezkoa"), "Action", "Block")
    allow = changed(VERBOSE, "Security", "Ez da beharrezkoa")
    fw_rules, problems = read(listing(*block, "", *allow))
    assert all("Security" not in dict(fw_rule.extra) for fw_rule in fw_rules)
    assert problems == []


@pytest.mark.parametrize(
    ("value", "tokens"),
    [
        ("Authenticate", {"Security": "Authenticate"}),
        ("AuthDynEnc", {"Security": "AuthenticateEncrypt", "Security2": "AnE-Nego"}),
        ("Wer weiß", {"netsh Security": "Wer weiß"}),
    ],
)
def test_security_becomes_the_tokens_of_the_registry(value: str, tokens: dict[str, str]) -> None:
    (fw_rule,), problems = read(listing(*changed(VERBOSE, "Security", value)))
    assert {name: text for name, text in fw_rule.extra if "Security" in name} == tokens
    assert len(problems) == (value == "Wer weiß")


@pytest.mark.parametrize(
    ("value", "tokens"),
    [
        ("No", []),
        ("Yes", [("Edge", "TRUE")]),
        ("Defer to application", [("Edge", "TRUE"), ("Defer", "App")]),
        ("Defer to user", [("Edge", "TRUE"), ("Defer", "User")]),
        ("Benutzer zurückstellen", [("Edge", "Benutzer zurückstellen")]),
    ],
)
def test_edge_traversal_is_kept_as_tokens(value: str, tokens: list[tuple[str, str]]) -> None:
    (fw_rule,), problems = read(listing(*changed(SHORT, "Edge traversal", value)))
    assert [token for token in fw_rule.extra if token[0] in ("Edge", "Defer")] == tokens
    assert problems == []


def test_interface_types_are_kept_as_tokens() -> None:
    (fw_rule,), problems = read(listing(*changed(VERBOSE, "InterfaceTypes", "LAN,RAS,Satellite")))
    types = [text for name, text in fw_rule.extra if name == "IFType"]
    assert (types, [item.text for item in problems]) == (["Lan", "RemoteAccess", "Satellite"], ["Satellite"])


def test_authorised_computers_do_not_shift_the_other_fields() -> None:
    lines = (*VERBOSE[:-4], "RemoteComputerGroup|O:LSD:(A;;CC;;;S-1-5-21)", *VERBOSE[-4:])
    (fw_rule,), problems = read(listing(*lines))
    assert ("RMAuth", "O:LSD:(A;;CC;;;S-1-5-21)") in fw_rule.extra
    assert (fw_rule.program, problems) == (r"C:\CE\db.exe", [])


def test_a_line_of_unknown_meaning_is_kept_as_a_condition() -> None:
    (fw_rule,), (item,) = read(listing(*VERBOSE[:-1], "Moon phase|Full", VERBOSE[-1]))
    assert ("Moon phase", "Full") in fw_rule.extra
    assert item.reason == "a line of unknown meaning"


@pytest.mark.parametrize(
    ("source", "store"),
    [
        ("Local Setting", Store.LOCAL),
        ("Lokale Einstellung", Store.LOCAL),
        ("Group Policy Setting", Store.UNKNOWN),
    ],
)
def test_a_source_other_than_local_is_an_unknown_store(source: str, store: Store) -> None:
    assert read(listing(*changed(VERBOSE, "Rule source", source)))[0][0].store is store


@pytest.mark.parametrize(
    ("protocol", "rows", "number", "tokens"),
    [
        ("ICMPv4", ["3       4   "], 1, [("ICMP4", "3:4")]),
        ("ICMPv6", ["128     Any ", "135     0"], 58, [("ICMP6", "128:*"), ("ICMP6", "135:0")]),
        ("ICMPv4", ["Any     Any "], 1, []),
    ],
)
def test_icmp_types_are_read_from_their_table(
    protocol: str, rows: list[str], number: int, tokens: list[tuple[str, str]]
) -> None:
    table = [" " * 38 + row for row in ["Type    Code", *rows]]
    (fw_rule,), problems = read(listing(*SHORT[:8], f"Protocol|{protocol}", *table, *SHORT[11:]))
    assert fw_rule.protocol == number
    assert [token for token in fw_rule.extra if token[0].startswith("ICMP")] == tokens
    assert problems == []


def test_a_row_that_is_no_icmp_type_is_a_problem_and_a_condition() -> None:
    table = [" " * 38 + row for row in ("Type    Code", "echo    request    please")]
    (fw_rule,), (item,) = read(listing(*SHORT[:8], "Protocol|ICMPv4", *table, *SHORT[11:]))
    assert ("ICMP4", "echo    request    please") in fw_rule.extra
    assert item.reason == "not an ICMP type and code"


@pytest.mark.parametrize(("text", "number"), [("47", 47), ("Any", None), ("UDP", 17)])
def test_protocols_are_numbers_or_names(text: str, number: int | None) -> None:
    assert read(listing(*changed(SHORT, "Protocol", text)))[0][0].protocol == number


def test_a_protocol_nobody_knows_is_a_condition_nobody_understood() -> None:
    (fw_rule,), (item,) = read(listing(*changed(SHORT, "Protocol", "Carrier Pigeon")))
    assert (fw_rule.protocol, ("Protocol", "Carrier Pigeon") in fw_rule.extra) == (None, True)
    assert item.text == "Carrier Pigeon"


def test_port_keywords_have_the_spelling_of_the_registry() -> None:
    lines = changed(changed(SHORT, "LocalPort", "rpc-epmap,IPHTTPS,Ply2Disc,Wat"), "RemotePort", "IPHTTPS")
    (fw_rule,), (item,) = read(listing(*lines))
    assert fw_rule.local_ports == ("RPC-EPMap", "IPHTTPSIn", "Ply2Disc", "Wat")
    assert (fw_rule.remote_ports, item.text) == (("IPHTTPSOut",), "Wat")


def test_any_profile_is_no_condition() -> None:
    (fw_rule,), problems = read(listing(*changed(SHORT, "Profiles", "Any")))
    assert (fw_rule.profiles, fw_rule.extra, problems) == ((), (("EmbedCtxt", "Contact Expert"),), [])


def test_profiles_nobody_knows_are_a_condition_nobody_understood() -> None:
    (fw_rule,), (item,) = read(listing(*changed(SHORT, "Profiles", "Publikoa")))
    assert (fw_rule.profiles, ("Profiles", "Publikoa") in fw_rule.extra) == ((), True)
    assert item.reason == "not a known word for Profiles"


def test_a_rule_that_was_cut_short_says_what_it_lacks() -> None:
    fw_rules, problems = read(listing(*SHORT, "", *SHORT[:8]))
    assert (fw_rules[1].action, fw_rules[1].protocol) == (None, None)
    assert ("Protocol", "") in fw_rules[1].extra
    assert {item.reason.rpartition(" ")[2] for item in problems} == {"Protocol", "Action"}


def test_a_wrapped_value_is_glued_where_the_console_broke_it() -> None:
    path = r"C:\Program Files (x86)\Some Vendor\Contact Expert\Bin\DBConnectorServer.exe"
    printed = f"{'Program:':<38}{path}"
    lines = [line if not line.startswith("Program|") else printed[:80] for line in VERBOSE]
    lines.insert(lines.index(printed[:80]) + 1, printed[80:])
    assert read(listing(*lines))[0][0].program == path


def test_a_name_and_a_description_may_be_wrapped() -> None:
    name = "A " + "very " * 14 + "long name"
    printed = f"{'Rule Name:':<38}{name}"
    lines = (printed[:80], printed[80:], DASHES, "Description|One line,", "", "and: another", *VERBOSE[3:])
    (fw_rule,), problems = read(listing(*lines))
    assert (fw_rule.name, fw_rule.origin.locator) == (name, "line 2")
    assert ("Desc", "One line, and: another") in fw_rule.extra
    assert problems == []


def test_a_name_with_a_colon_is_whole() -> None:
    assert read(listing(*changed(SHORT, "Rule Name", "a: b")))[0][0].name == "a: b"


def test_values_that_lost_their_column_are_read() -> None:
    text = "\n".join(line.replace("|", ": ") for line in SHORT)
    (fw_rule,), problems = read(text)
    assert (fw_rule.local_ports[0], fw_rule.action, problems) == ("9901", Action.ALLOW, [])


def test_what_follows_the_listing_is_not_part_of_its_last_rule() -> None:
    (fw_rule,), problems = read(listing(*SHORT, "Ok.", "", "C:\\>echo now: something   else"))
    assert (fw_rule.action, problems) == (Action.ALLOW, [])


def test_a_listing_without_a_rule_is_recognised_and_empty() -> None:
    text = "\r\nNo rules match the specified criteria.\r\n"
    assert looks_like_netsh_rules(text)
    assert read(text) == ([], [])


def test_connection_security_rules_are_not_firewall_rules() -> None:
    lines = ("Rule Name|IPsec", DASHES, "Enabled|Yes", "Profiles|Domain", "Type|Static", "Mode|Transport")
    text = listing(*lines, "Endpoint1|Any", "Endpoint2|Any", "Protocol|Any", "Action|RequireInRequestOut")
    assert not looks_like_netsh_rules(text)


@pytest.mark.parametrize("text", ["", "hello", "a: b\n" + DASHES + "\nc: d"])
def test_other_text_is_refused(text: str) -> None:
    with pytest.raises(ParseError):
        list(parse_netsh_rules(text, ORIGIN))


@given(st.text(max_size=400))
def test_any_text_gives_facts_or_a_parse_error(text: str) -> None:
    try:
        read(text)
    except ParseError:
        return


@given(
    st.lists(
        st.sampled_from([*VERBOSE, "", "Ok.", " " * 38 + "8       Any", "x: y", "|", "Protocol|ICMPv4"]),
        max_size=60,
    )
)
def test_any_order_of_its_lines_gives_facts_or_a_parse_error(lines: list[str]) -> None:
    try:
        fw_rules, _ = read(listing(*lines))
    except ParseError:
        return
    assert [fw_rule.id for fw_rule in fw_rules] == [f"netsh-{n}" for n in range(1, len(fw_rules) + 1)]


@needs_corpus
def test_the_whole_english_listing_is_read() -> None:
    path = CORPUS / "netsh" / "en_show_rule_all_logancave.txt"
    fw_rules, problems = read(decode(path.read_bytes()))
    assert (len(fw_rules), problems) == (504, [])
    assert Counter(fw_rule.direction for fw_rule in fw_rules) == {Direction.IN: 285, Direction.OUT: 219}
    assert Counter(fw_rule.active for fw_rule in fw_rules) == {True: 285, False: 219}
    assert sum(len(fw_rule.profiles) == 3 for fw_rule in fw_rules) == 221
    assert sum(fw_rule.protocol == 58 for fw_rule in fw_rules) == 32
    assert {fw_rule.unread for fw_rule in fw_rules} == {NOT_VERBOSE}


@needs_corpus
@pytest.mark.parametrize(
    ("name", "directions"),
    [
        ("de_show_rule_name_winnfsd.txt", [Direction.OUT, Direction.IN]),
        ("es_show_rule_name.txt", [Direction.OUT, Direction.IN, Direction.IN]),
    ],
)
def test_listings_in_other_languages_are_read(name: str, directions: list[Direction]) -> None:
    fw_rules, problems = read(decode((CORPUS / "netsh" / name).read_bytes()))
    assert [fw_rule.direction for fw_rule in fw_rules] == directions
    assert all(fw_rule.profiles == EVERY and fw_rule.active for fw_rule in fw_rules)
    assert problems == []


REAL = """
Nome da Regra:                        Axon (captura)
----------------------------------------------------------------------
Habilitado:                           Sim
Direção:                              Entrada
Perfis:                               Domínio,Particular,Público
Agrupamento:
LocalIP:                              Qualquer
RemoteIP:                             Qualquer
Protocolo:                            Qualquer
Travessia da borda:                   Não
Programa:                             C:\\Users\\x\\Axon.exe
Tipos de Interface:                   Qualquer
Segurança:                            NotRequired
Origem da Regra:                      Configuração Local
Ação:                                 Permitir
Ok.
"""


@pytest.mark.parametrize("encoding", ["utf-8", "cp850", "cp1252", "utf-16-le"])
def test_a_portuguese_verbose_rule_is_read_in_every_encoding(encoding: str) -> None:
    (fw_rule,), problems = read(decode(REAL.encode(encoding)))
    assert fw_rule == FirewallRule(
        id="netsh-1",
        store=Store.LOCAL,
        active=True,
        action=Action.ALLOW,
        direction=Direction.IN,
        profiles=EVERY,
        program="C:\\Users\\x\\Axon.exe",
        name="Axon (captura)",
        origin=Origin(source="rules.txt", locator="line 2"),
    )
    assert problems == []
