"""References to the naming service, in every spelling that TAO reads."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanner.parsers.corbaloc import naming_addresses


@pytest.mark.parametrize(
    ("text", "addresses"),
    [
        ("-ORBInitRef NameService=corbaloc:iiop:ce01:9999/NameService", [("ce01", 9999)]),
        (
            "-ORBInitRef NameService=CORBALOC:IIOP:ce01.example.test:9999/nameservice -ORBDebugLevel 5",
            [("ce01.example.test", 9999)],
        ),
        ("-ORBInitRefNameService=corbaloc::10.0.0.5:9999/NameService", [("10.0.0.5", 9999)]),
        ("-ORBDefaultInitRef corbaloc:iiop:1.2@ce01", [("ce01", 2809)]),
        ("-ORBDefaultInitRef corbaloc:iiop:ce01:9999/", [("ce01", 9999)]),
        ("corbaloc::ce01,:ce02:9998,iiop:[fe80::1]:9997/NameService",
         [("ce01", 2809), ("ce02", 9998), ("fe80::1", 9997)]),
        ('-ORBInitRef "NameService=corbaloc:iiop:ce01:9999/NameService"', [("ce01", 9999)]),
        ("corbaloc::a:1/NameService corbaloc::b:2/NameService", [("a", 1), ("b", 2)]),
        ("corbaloc:iiop:ce01:9998/TradingService", []),
        ("-ORBInitRef ImplRepoService=corbaloc::ce01:9998", []),
        ("corbaloc:rir:/NameService", []),
        ("corbaloc:ssliop:ce01:9998/NameService", []),
        ("corbaloc::ce01:0/NameService corbaloc::ce01:70000/NameService corbaloc::ce01:x/NameService", []),
        ("corbaloc:iiop:%CE_HOST%:9999/NameService", []),
        ("corbaloc:iiop:/NameService", []),
        ("-ORBListenEndpoints iiop://:9999", []),
        ("", []),
    ],
)  # fmt: skip
def test_addresses_of_the_naming_service_are_read_and_no_others(
    text: str, addresses: list[tuple[str, int]]
) -> None:
    assert list(naming_addresses(text)) == addresses


@given(st.from_regex(r"[a-z][a-z0-9.-]{0,30}", fullmatch=True), st.integers(1, 65535))
def test_what_is_written_is_read(host: str, port: int) -> None:
    assert list(naming_addresses(f"x corbaloc:iiop:{host}:{port}/NameService y")) == [(host, port)]


@given(st.text(alphabet="corbal:/,iop@[]=. \n0123456789NameService", max_size=200))
def test_no_text_breaks_it(text: str) -> None:
    for host, port in naming_addresses(f"corbaloc:{text}"):
        assert host
        assert 0 < port < 65536
