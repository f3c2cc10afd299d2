"""Whether a name or address in a configuration means the host itself."""

import msgspec
import pytest

from rules.this_host import is_this_host
from scanner.model import Host
from tests.rules.changes import changed
from tests.rules.hosts import core_server
from tests.rules.judging import case_of

CORE = core_server()


def named(name: str | None, domain: str | None = None) -> Host:
    return msgspec.structs.replace(CORE.host, name=name, domain=domain)


@pytest.mark.parametrize(
    ("host", "text", "here"),
    [
        (named("CE-01"), "ce-01", True),
        (named("CE-01"), "ce-01.example.test", True),
        (named("CE-01", "example.test"), "CE-01.Example.Test.", True),
        (named("CE-01", "example.test"), "ce-01.other.test", False),
        (named("ce-01.example.test"), "ce-01", True),
        (named("ce-01.example.test"), "ce-01.other.test", False),
        (named("CE-01"), "ce-02", False),
        (named("CE-01"), "ce-011", False),
        (named(None), "ce-01", False),
        (named(None), "localhost", True),
        (named("CE-01"), "", True),
        (named("CE-01"), "127.0.0.1", True),
        (named("CE-01"), "[::1]", True),
        (named("CE-01"), "10.1.0.5", True),
        (named("CE-01"), "10.1.0.6", False),
    ],
)
def test_a_host_is_known_by_its_names_and_addresses(host: Host, text: str, here: bool) -> None:
    assert is_this_host(case_of(changed(CORE, host=host)), text) is here
