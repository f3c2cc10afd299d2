"""Recording channel lists."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanner.errors import ParseError
from scanner.model import Origin, Problem
from scanner.parsers.channels import RecordingChannel, looks_like_channels, parse_channels

HERE = Origin(source="recording-channels.csv")
HEADER = "channel,recorder,media_port,control_port\n"


def read(text: str) -> list[RecordingChannel | Problem]:
    return list(parse_channels(text, HERE))


def test_the_headings_of_the_web_admin_gui_are_understood() -> None:
    text = "Channel\tRecorder\tMedia Port (UDP)\tControl Port (TCP)\nTrunk 1\tSIP\t30000\t30001\n"
    assert looks_like_channels(text)
    (found,) = parse_channels(text, Origin(source="channels.txt"))
    assert isinstance(found, RecordingChannel)
    assert (found.channel, found.recorder, found.media_port, found.control_port) == (
        "Trunk 1",
        "sip",
        30000,
        30001,
    )


@pytest.mark.parametrize(
    "text",
    [
        HEADER + "Trunk 1,sip,30000,30001\n",
        "\ufeffChannel;RECORDER;Media_Port;Control_Port\r\nTrunk 1;SIP;30000;30001\r\n\r\n",
        "control_port,note,media_port,recorder,channel\n30001,x, 30000 ,Sip,Trunk 1",
        '"channel","recorder","media_port","control_port"\n"Trunk 1","sip","30000","30001"\n',
    ],
)
def test_a_channel_is_read_whatever_the_order_case_and_separator(text: str) -> None:
    assert looks_like_channels(text)
    assert read(text) == [
        RecordingChannel(
            channel="Trunk 1",
            recorder="sip",
            media_port=30000,
            control_port=30001,
            origin=Origin(source="recording-channels.csv", locator="line 2"),
        )
    ]


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("a,ucma,1,2", "neither cmapi nor sip"),
        ("a,sip,0,2", "a port is not a number"),
        ("a,sip,1,", "a port is not a number"),
        ("a,sip", "a port is not a number"),
        ("a,sip,1,65536", "a port is not a number"),
    ],
)
def test_a_bad_row_is_a_problem_and_the_next_is_still_read(row: str, said: str) -> None:
    problem, channel = read(HEADER + row + "\nb,cmapi,1,2\n")

    assert isinstance(problem, Problem)
    assert said in problem.reason
    assert problem.origin.locator == "line 2"
    assert isinstance(channel, RecordingChannel)
    assert channel.channel == "b"


def test_an_endless_cell_is_a_problem_after_the_rows_before_it() -> None:
    channel, problem = read(HEADER + "b,cmapi,1,2\n" + "x" * 200_000)

    assert isinstance(channel, RecordingChannel)
    assert isinstance(problem, Problem)
    assert problem.reason == "unreadable CSV"


def test_a_list_without_rows_is_an_empty_list() -> None:
    assert read(HEADER) == []


def test_other_csv_is_not_a_channel_list() -> None:
    assert not looks_like_channels("name,port\na,1\n")
    with pytest.raises(ParseError, match="needs the columns channel, recorder, media_port, control_port"):
        read("name,port\na,1\n")


@given(st.text(max_size=100))
def test_any_rows_are_read(rows: str) -> None:
    for found in read(HEADER + rows):
        assert isinstance(found, Problem | RecordingChannel)
