"""The packaged catalogue, its loader, and what its lint finds."""

import time
from collections import Counter

import msgspec
import pytest

from rules.catalogue.lint import lint
from rules.catalogue.loader import load_catalogue, port_locations
from rules.catalogue.model import Catalogue, CataloguePort, CatalogueRow, Definition, PortKind, Section
from scanner.errors import ConfigError
from scanner.locations import LocationKind

HEADER = '[catalogue]\nproduct = "P"\nversion = "1"\nsource = "S"\nrevision = "1"\n[footnotes]\n1 = "one"\n'
ROW = """
[[row]]
row = 1
id = "a"
component = "A"
section = "core-server"
executable = 'Servers\\A\\A.exe'
kind = "static"
ports = [{ protocol = "tcp", port = 9900 }]
sources = ["server"]
defined_in = { kind = "xml", path = 'Services\\A.xml' }
impact = "A stops."
"""


def a_row(**changes: object) -> CatalogueRow:
    return msgspec.structs.replace(load_catalogue(HEADER + ROW).rows[0], **changes)


def a_catalogue(*rows: CatalogueRow) -> Catalogue:
    return msgspec.structs.replace(load_catalogue(HEADER + ROW), rows=rows)


def test_the_packaged_catalogue_is_sound() -> None:
    assert lint(load_catalogue()) == ()


def test_it_has_33_core_and_2_operator_rows_of_which_4_are_removed() -> None:
    catalogue = load_catalogue()

    assert [row.row for row in catalogue.rows] == list(range(1, 36))
    assert len(catalogue.of_section(Section.CORE_SERVER)) == 33
    assert len(catalogue.of_section(Section.OPERATOR_PC)) == 2
    assert [row.row for row in catalogue.rows if row.removed] == [22, 23, 25, 31]


def test_the_four_kinds_are_kept_apart() -> None:
    kinds = Counter(row.kind for row in load_catalogue().rows)

    assert kinds == {PortKind.STATIC: 24, PortKind.UNLISTED: 6, PortKind.NO_DEFAULT: 3, PortKind.NO_PORTS: 2}


def test_the_allowed_static_core_set_is_the_one_of_the_specification() -> None:
    rows = load_catalogue().of_section(Section.CORE_SERVER)

    ports = {port.port for row in rows if not row.removed for port in row.ports}

    expected = {
        8005,
        8009,
        8080,
        8443,
        9000,
        9100,
        9900,
        9901,
        *range(9903, 9912),
        9971,
        9997,
        9998,
        9999,
        19970,
    }
    assert ports == expected


def test_clients_reach_only_the_rows_that_the_page_opens_to_them() -> None:
    clients = {row.id for row in load_catalogue().rows if "client" in row.sources}

    assert clients == {
        "naming-service",
        "db-connector-server",
        "sd-server",
        "telephony-server",
        "email-server",
        "chat-server",
        "web-service",
    }


def test_only_tomcat_has_dynamic_applications_and_its_ports_have_purposes() -> None:
    catalogue = load_catalogue()
    web = catalogue.by_id("web-service")

    assert [row.id for row in catalogue.rows if row.dynamic_app] == ["web-service"]
    assert web is not None
    assert [(port.port, port.purpose) for port in web.ports] == [
        (8005, "shutdown"),
        (8009, "ajp"),
        (8080, "http"),
        (8443, "https"),
    ]


def test_lookups_find_rows_titles_and_each_executable_once() -> None:
    catalogue = load_catalogue()

    assert catalogue.by_id("nothing") is None
    assert catalogue.rows[2].title == "UCMA Recorder Service (Application port)"
    assert catalogue.rows[4].title == "LicenseServer"
    assert len(catalogue.executables) == 33


def test_every_impact_is_a_sentence_or_two() -> None:
    for row in load_catalogue().rows:
        assert row.impact.endswith("."), row.id
        assert 1 <= row.impact.count(". ") + 1 <= 2, row.id


def test_locations_cover_every_row_that_has_a_place() -> None:
    catalogue = load_catalogue()
    locations = {location.component: location for location in port_locations(catalogue)}

    assert set(locations) == {row.id for row in catalogue.rows if row.defined_in}
    assert len(locations) == 32
    assert locations["naming-service"].view == 32
    assert locations["ivr-connector-webservices"].count == 2
    assert locations["telephony-recorder-sip"].recorder == "sip"
    assert locations["web-service"].kind == LocationKind.TOMCAT
    assert locations["alarm-server"].names == (
        "AlarmServer",
        "AlarmServerLoader",
        "Servers\\AlarmServer\\AlarmServerLoader.exe",
    )


def test_names_of_two_rows_differ_wherever_they_are_not_alternatives() -> None:
    catalogue = load_catalogue()
    used = {}
    for location in (location for location in port_locations(catalogue) if location.path):
        row = catalogue.by_id(location.component)
        for name in location.names:
            other = used.setdefault((location.path, name.casefold()), row)
            assert other is row or other.id in row.alternatives or other.executable == row.executable


def test_loading_takes_less_than_a_tenth_of_a_second() -> None:
    started = time.perf_counter()
    load_catalogue()

    assert time.perf_counter() - started < 0.1


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("x = [", "not TOML"),
        (HEADER + "[row]\nid = 'a'", "[[row]]"),
        ("catalogue = 1", "[catalogue]"),
        (HEADER.replace('version = "1"\n', ""), "[catalogue]: Object missing required field `version`"),
        (
            HEADER + ROW.replace("port = 9900", 'port = "9900"'),
            "[[row]] 1 (a): Expected `int`, got `str` - at `$.ports[0].port`",
        ),
        (
            HEADER + ROW.replace('kind = "static"', 'kind = "fixed"'),
            "[[row]] 1 (a): Invalid enum value 'fixed' - at `$.kind`",
        ),
        (HEADER + ROW.replace("impact = ", "effect = "), "unknown field `effect`"),
        (HEADER + ROW + ROW.replace('id = "a"\n', ""), "[[row]] 2 (without id)"),
        ("row = [1]\n" + HEADER, "[[row]] 1 (not a table)"),
    ],
)
def test_a_wrong_catalogue_is_refused_with_the_row_and_the_key(text: str, said: str) -> None:
    with pytest.raises(ConfigError) as refused:
        load_catalogue(text)

    assert said in str(refused.value)


XML = Definition(kind=LocationKind.XML, path="a.xml")


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"id": "A b"}, "kebab-case"),
        ({"executable": "C:\\A.exe"}, "executable"),
        ({"executable": "..\\A.exe"}, "executable"),
        ({"executable": "A.dll"}, "executable"),
        ({"impact": " "}, "no impact"),
        ({"sources": ()}, "no source"),
        ({"ports": ()}, "static without a port"),
        ({"kind": PortKind.NO_PORTS, "defined_in": None}, "no-ports with ports"),
        ({"kind": PortKind.NO_PORTS, "ports": ()}, "no-ports with a place"),
        ({"removed": True, "dynamic_app": True}, "removed row"),
        ({"ports": (CataloguePort(protocol="tcp", port=70000),)}, "tcp 70000 is not an endpoint"),
        ({"ports": (CataloguePort(protocol="sctp", port=1),)}, "sctp 1 is not an endpoint"),
        ({"defined_in": None}, "static without a place"),
        ({"defined_in": Definition(kind=LocationKind.TAO, key="K")}, "needs value"),
        ({"defined_in": Definition(kind=LocationKind.TAO, key="K", value="v", view=16)}, "16-bit"),
        ({"defined_in": Definition(kind=LocationKind.XML, path="C:\\a.xml")}, "path of defined_in"),
        ({"defined_in": Definition(kind=LocationKind.CHANNELS, recorder="ucma")}, "unknown recorder ucma"),
        ({"footnotes": (9,)}, "footnote 9"),
        ({"alternatives": ("b",)}, "its alternative b does not exist"),
        ({"alternatives": ("a",)}, "no alternative of itself"),
    ],
)
def test_lint_names_what_is_wrong_with_a_row(changes: dict[str, object], said: str) -> None:
    row = a_row(**changes)

    (complaint,) = lint(a_catalogue(row))

    assert complaint.startswith(f"{row.id}: ")
    assert said in complaint


def test_lint_finds_ids_used_twice() -> None:
    complaints = lint(a_catalogue(a_row(), a_row(row=2, ports=(CataloguePort(protocol="tcp", port=1),))))

    assert complaints == ("a: id a is used twice",)


def test_lint_wants_alternatives_to_be_mutual_and_others_not_to_share_a_port() -> None:
    one = a_row(id="one", alternatives=("two",))
    two = a_row(id="two", row=2)

    assert lint(a_catalogue(one, two)) == ("one: its alternative two does not name it in turn",)
    assert lint(a_catalogue(a_row(id="one"), two)) == ("one and two share a port and are not alternatives",)
    assert lint(a_catalogue(a_row(id="one", removed=True), two)) == ()


def test_a_sound_row_passes() -> None:
    assert lint(a_catalogue(a_row(defined_in=XML))) == ()
