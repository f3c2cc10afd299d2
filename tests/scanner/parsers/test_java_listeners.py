"""Ports that the Java machine opens beside Tomcat's own."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanner.parsers.java_listeners import java_listeners

JMX = "the Java options open a JMX port as well"
DEBUGGER = "the Java options open a debugger port as well"


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ((), []),
        (("-Dcom.sun.management.jmxremote",), []),
        (("-Dcom.sun.management.jmxremote.port=7091",), [f"{JMX} (TCP 7091)"]),
        (
            ("-Dcom.sun.management.jmxremote.port=7091", "-Dcom.sun.management.jmxremote.rmi.port=7092"),
            [f"{JMX} (TCP 7091, 7092)"],
        ),
        (("-Dcom.sun.management.jmxremote.port=0",), [JMX]),
        (("-Dcom.sun.management.jmxremote.port=${p}",), [JMX]),
        (
            ("-agentlib:jdwp=transport=dt_socket,server=y,suspend=n,address=8000",),
            [f"{DEBUGGER} (TCP 8000)"],
        ),
        (("-agentlib:jdwp=transport=dt_socket,address=*:8000,server=y",), [f"{DEBUGGER} (TCP 8000)"]),
        (
            (" -Xrunjdwp:transport=dt_socket,address=[::1]:5005,server=y,suspend=n",),
            [f"{DEBUGGER} (TCP 5005)"],
        ),
        (("-agentlib:jdwp=transport=dt_socket,server=y",), [DEBUGGER]),
        (("-agentlib:jdwp=transport=dt_socket,server=n,address=dev:8000",), []),
        (("-agentlib:jdwp=transport=dt_shmem,server=y,address=x",), []),
        (("-Dnote=jdwp", "-agentlib:hprof=address=1"), []),
    ],
)
def test_each_listener_is_named_with_the_ports_that_are_stated(
    options: tuple[str, ...], said: list[str]
) -> None:
    assert list(java_listeners(options)) == said


@given(st.lists(st.text()))
def test_no_option_text_breaks_it(options: list[str]) -> None:
    for option in options:
        assert all(JMX in said or DEBUGGER in said for said in java_listeners((f"-agentlib:jdwp={option}",)))
