"""Spans on an axis, against sets of single numbers."""

from hypothesis import given
from hypothesis import strategies as st

from rules.firewall.regions import (
    ANYWHERE,
    EVERYWHERE,
    address_at,
    clipped,
    contains,
    on_axis,
    overlap,
    remote_texts,
    subtracted,
    sweep,
)
from rules.firewall.span_tree import SpanTree

span = st.tuples(st.integers(0, 30), st.integers(0, 8)).map(lambda ends: (ends[0], ends[0] + ends[1]))
spans = st.lists(span, max_size=6)


def numbers(found: object) -> set[int]:
    return {number for low, high in found for number in range(low, high + 1)}  # type: ignore[attr-defined]


@given(spans, spans)
def test_the_arithmetic_is_that_of_sets(one: list[tuple[int, int]], other: list[tuple[int, int]]) -> None:
    assert numbers(subtracted(one, other)) == numbers(one) - numbers(other)
    assert contains(one, other) == (numbers(one) >= numbers(other))
    assert overlap(one, other) == bool(numbers(one) & numbers(other))
    assert numbers(clipped(one, (5, 12))) == numbers(one) & set(range(5, 13))


@given(spans)
def test_a_sweep_gives_each_number_the_spans_that_hold_it(found: list[tuple[int, int]]) -> None:
    columns = list(sweep((entry, place) for place, entry in enumerate(found)))

    assert [column[0] for column in columns] == sorted(column[0] for column in columns)
    for (low, high), places in columns:
        for number in range(low, high + 1):
            assert set(places) == {place for place, (one, last) in enumerate(found) if one <= number <= last}
    assert numbers(column[0] for column in columns) == numbers(found)


@given(spans)
def test_a_span_tree_finds_what_holds_a_number(found: list[tuple[int, int]]) -> None:
    tree = SpanTree((entry, place) for place, entry in enumerate(found))

    for number in range(-1, 42):
        held = {place for place, (low, high) in enumerate(found) if low <= number <= high}
        assert sorted(tree.holding(number)) == sorted(held)


def test_a_span_tree_takes_addresses() -> None:
    tree = SpanTree([(EVERYWHERE[6], "v6"), (ANYWHERE, "all")])

    assert sorted(tree.holding(EVERYWHERE[6][1])) == ["all", "v6"]
    assert list(tree.holding(0)) == ["all"]


def test_addresses_read_as_a_person_writes_them() -> None:
    subnet = on_axis(4, (0x0A000000, 0x0AFFFFFF))
    odd = on_axis(4, (0x0A000001, 0x0A000009))
    single = on_axis(6, (1 << 100, 1 << 100))

    assert remote_texts((ANYWHERE,)) == (("any",), ())
    assert remote_texts((EVERYWHERE[4],)) == (("any IPv4",), ())
    assert remote_texts((subnet, single)) == (("10.0.0.0/8", "0:10::"), ())
    assert remote_texts((odd,)) == (("10.0.0.1-10.0.0.9",), ())
    assert remote_texts(subtracted([ANYWHERE], [odd])) == (("any",), ("10.0.0.1-10.0.0.9",))
    assert address_at(single[0]) == (6, 1 << 100)
