"""Windows paths as the judges compare them."""

import pytest

from rules.paths import (
    directory,
    directory_above,
    ends_with,
    file_name,
    folded,
    program_of_command,
    same_path,
)


@pytest.mark.parametrize(
    "spelled", ["C:/CE/a.EXE", "\\\\?\\C:\\CE\\a.exe", "\\??\\c:\\ce\\A.exe", '"C:\\CE\\a.exe"']
)
def test_spellings_of_one_path_are_the_same(spelled: str) -> None:
    assert folded(spelled) == r"c:\ce\a.exe"
    assert same_path(spelled, r"C:\CE\a.exe")


def test_an_unstated_path_is_the_same_as_none() -> None:
    assert not same_path(None, None)
    assert not same_path("a", None)


@pytest.mark.parametrize(
    ("path", "below", "expected"),
    [
        (r"D:\CE\Servers\A\A.exe", r"Servers\A\A.exe", True),
        (r"D:\CE\XServers\A\A.exe", r"Servers\A\A.exe", False),
        (r"servers\a\a.exe", r"Servers\A\A.exe", True),
        (r"D:\CE\Servers\A\A.exe.bak", r"Servers\A\A.exe", False),
        (None, r"A.exe", False),
    ],
)
def test_a_path_ends_in_whole_components(path: str | None, below: str, expected: bool) -> None:
    assert ends_with(path, below) is expected


def test_the_directory_above_is_given_as_written() -> None:
    assert directory_above(r"D:\Contact Expert\Servers\A.EXE", r"servers\a.exe") == r"D:\Contact Expert"
    assert directory_above(r"servers\a.exe", r"servers\a.exe") is None
    assert directory_above(r"D:\x.exe", r"servers\a.exe") is None


def test_parts_of_a_path() -> None:
    assert (file_name(r"C:/a\B.exe"), file_name("B.exe")) == ("B.exe", "B.exe")
    assert (directory(r"C:\A\b.exe"), directory("b.exe")) == (r"c:\a", "")


@pytest.mark.parametrize(
    ("command", "program"),
    [
        (r'"C:\Program Files\CE\a.exe" -k "x y"', r"C:\Program Files\CE\a.exe"),
        (r"C:\Program Files\CE\a.exe -k run", r"C:\Program Files\CE\a.exe"),
        (r"  C:\CE\A.EXE", r"C:\CE\A.EXE"),
        (r"C:\CE.exe.d\a.exe -x", r"C:\CE.exe"),
        (r"\SystemRoot\System32\drivers\x.sys", None),
        ("", None),
        (None, None),
    ],
)
def test_the_executable_of_a_service_command(command: str | None, program: str | None) -> None:
    assert program_of_command(command) == program
