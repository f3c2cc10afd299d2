"""One entry of a waiver file: everything that can be wrong with it is told, and nothing raises."""

from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.model import Finding, Severity
from rules.waiver import Waiver, endpoints, expiry, read_waiver

ANSWERS = {
    "justification": "moves in June",
    "owner": "Anna",
    "approver": "Bert",
    "expires": date(2027, 1, 31),
}
BY_PRINT = {"fingerprint": "52cf61ecd2742fe3", **ANSWERS}
BY_NAME = {"check": "foreign-listener", "component": "CampaignServer", "endpoint": "tcp/9906", **ANSWERS}


def read(entry: object) -> Waiver:
    return read_waiver(entry, "waivers.toml:3")


def without(entry: dict[str, Any], *keys: str) -> dict[str, Any]:
    return {key: value for key, value in entry.items() if key not in keys}


def finding(**facts: object) -> Finding:
    usual: dict[str, Any] = {
        "fingerprint": "52cf61ecd2742fe3",
        "severity": Severity.HIGH,
        "component": "CampaignServer",
        "protocol": "tcp",
        "port": 9906,
        "subject": "CampaignServer tcp/9906",
        "message": "m",
    }
    return Finding(**{**usual, **facts})


@pytest.mark.parametrize(
    "entry",
    [
        BY_PRINT,
        BY_NAME,
        {**BY_NAME, "variant": "UCMA"},
        {**BY_NAME, "endpoint": "TCP/9906"},
        {**BY_NAME, "endpoint": "udp"},
        {**BY_PRINT, "accepts": "9af0081137682eba"},
        {**BY_PRINT, "expires": "2027-01-31"},
    ],
)
def test_a_complete_entry_has_no_fault(entry: dict[str, object]) -> None:
    waiver = read(entry)
    assert waiver.faults == ()
    assert (waiver.place, waiver.owner, waiver.expires) == ("waivers.toml:3", "Anna", "2027-01-31")


@pytest.mark.parametrize("key", ["justification", "owner", "approver", "expires"])
@pytest.mark.parametrize("value", [None, "", "  ", "\u200b"])
def test_an_answer_that_is_missing_or_blank_is_a_fault(key: str, value: str | None) -> None:
    entry = without(BY_PRINT, key) if value is None else {**BY_PRINT, key: value}
    (fault, *_) = read(entry).faults
    assert fault == f"{key} missing or empty"


@pytest.mark.parametrize(
    "approver", ["Anna", "anna", " ANNA ", "An\u200bna", "\uff21nna", "Anna\t"], ids=ascii
)
def test_nobody_approves_his_own(approver: str) -> None:
    (fault,) = read({**BY_PRINT, "approver": approver}).faults
    assert "nobody approves his own" in fault


def test_another_person_of_a_similar_name_may_approve() -> None:
    assert read({**BY_PRINT, "owner": "Anna Berg", "approver": "Anna Borg"}).faults == ()


@pytest.mark.parametrize(
    "expires",
    ["soon", "2027-02-30", "2027-1-31", "20270131", "31.01.2027", "2027-01-31T10:00:00", "٢٠٢٧-٠١-٣١"],
)
def test_a_bad_date_is_a_fault(expires: str) -> None:
    (fault,) = read({**BY_PRINT, "expires": expires}).faults
    assert fault.startswith("expires must be a date such as 2027-01-31")


@pytest.mark.parametrize("expires", [datetime(2027, 1, 31, tzinfo=UTC), 20270131, True, ["2027-01-31"]])
def test_a_date_of_another_type_is_a_fault(expires: object) -> None:
    assert read({**BY_PRINT, "expires": expires}).faults == ("expires must be a date such as 2027-01-31",)


@pytest.mark.parametrize(
    ("entry", "fault"),
    [
        (ANSWERS, "it names no finding: write fingerprint, or check, component and endpoint"),
        (
            {**BY_NAME, "fingerprint": "ab"},
            "it names the finding twice: by fingerprint, and by check, component, endpoint; leave one out",
        ),
        (
            {**BY_PRINT, "variant": "UCMA"},
            "it names the finding twice: by fingerprint, and by variant; leave one out",
        ),
        ({**BY_PRINT, "fingerprint": " "}, "fingerprint missing or empty"),
        (without(BY_NAME, "endpoint"), "endpoint missing or empty"),
        (without(BY_NAME, "component", "check"), "check, component missing or empty"),
        ({**BY_NAME, "endpoint": "9906"}, "endpoint must be written as tcp/9901, not '9906'"),
        (
            {**BY_NAME, "endpoint": "tcp/9906 or so"},
            "endpoint must be written as tcp/9901, not 'tcp/9906 or so'",
        ),
        ({**BY_PRINT, "accepts": ""}, "accepts is empty"),
        ({**BY_PRINT, "approver ": "x"}, "unknown key 'approver ', did you mean approver?"),
        ({**BY_PRINT, "zzz": 1}, "unknown key 'zzz'"),
        ({**BY_PRINT, "owner": 7}, "owner must be a text"),
        ({**BY_PRINT, "accepts": None}, "accepts must be a text"),
    ],
)
def test_each_fault_is_told(entry: dict[str, object], fault: str) -> None:
    assert fault in read(entry).faults


@pytest.mark.parametrize("entry", [7, "text", ["a"], None])
def test_what_is_no_table_is_a_fault(entry: object) -> None:
    assert read(entry).faults == ("it is not a table; write it as [[waiver]]",)


def test_all_faults_are_told_at_once() -> None:
    assert len(read({"fingerprnt": "x", "owner": "A", "approver": "a", "expires": "never"}).faults) == 5


@given(
    st.dictionaries(
        st.sampled_from([*BY_NAME, "fingerprint", "accepts", "variant"]) | st.text(max_size=5),
        st.none() | st.booleans() | st.integers() | st.text(max_size=20) | st.dates() | st.lists(st.text()),
    )
)
def test_no_entry_raises_and_one_without_fault_has_a_date_and_two_people(entry: dict[str, object]) -> None:
    waiver = read(entry)
    if not waiver.faults:
        assert expiry(waiver.expires) is not None
        assert waiver.owner.casefold() != waiver.approver.casefold()
        assert waiver.justification


@pytest.mark.parametrize(
    ("facts", "written"),
    [
        ({}, ("tcp/9906",)),
        ({"port": 9916}, ("tcp/9906", "tcp/9916")),
        ({"port": None}, ("tcp/9906",)),
        ({"port": None, "subject": "Allow all"}, ("tcp",)),
        ({"port": None, "protocol": "", "subject": "domain profile"}, ()),
    ],
)
def test_an_endpoint_may_be_written_by_its_documented_port_or_by_that_of_today(
    facts: dict[str, object], written: tuple[str, ...]
) -> None:
    assert endpoints(finding(**facts)) == written


@pytest.mark.parametrize(
    ("entry", "named"),
    [
        (BY_PRINT, True),
        ({**BY_PRINT, "fingerprint": "52CF61ECD2742FE3"}, True),
        ({**BY_PRINT, "fingerprint": "52cf"}, False),
        (BY_NAME, True),
        ({**BY_NAME, "component": "campaignserver", "endpoint": "TCP/9906"}, True),
        ({**BY_NAME, "endpoint": "tcp/9907"}, False),
        ({**BY_NAME, "endpoint": "udp/9906"}, False),
        ({**BY_NAME, "check": "dynamic-port"}, False),
        ({**BY_NAME, "component": "Campaign"}, False),
        ({**BY_NAME, "variant": "UCMA"}, False),
    ],
)
def test_it_names_exactly_its_finding(entry: dict[str, object], named: bool) -> None:
    assert read(entry).names("foreign-listener", finding()) is named


@pytest.mark.parametrize(("component", "named"), [("Loader (UCMA)", True), ("Loader (TSAPI)", False)])
def test_a_component_may_be_called_as_reports_do_with_its_variant(component: str, named: bool) -> None:
    found = finding(component="Loader", variant="UCMA")
    assert read({**BY_NAME, "component": component}).names("foreign-listener", found) is named


def test_it_is_called_as_it_was_written() -> None:
    assert read(BY_PRINT).subject == "fingerprint 52cf61ecd2742fe3"
    assert read({**BY_NAME, "variant": "UCMA"}).subject == "foreign-listener CampaignServer (UCMA) tcp/9906"
