"""The command as a process: start-up, signals, pipes and streams, which only a real one has."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from ce_audit import __version__
from tests.ce_audit.command import CORE, ROOT, SAMPLES, run_process, started

DRIFTED = SAMPLES / "drifted-core"


def test_the_version_is_answered_before_anything_heavy_is_imported() -> None:
    code = (
        "import sys; sys.argv = ['ce-audit', '--version']; from ce_audit.__main__ import main; main(); "
        "print(sorted({'typer', 'psutil', 'lxml', 'jinja2', 'rich', 'regipy'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True)
    assert done.stdout == f"ce-audit {__version__}\n[]\n"
    assert run_process("--version") == (0, f"ce-audit {__version__}\n", "")


def test_a_scan_for_a_machine_imports_no_renderer(tmp_path: Path) -> None:
    arguments = ["ce-audit", "scan", str(CORE), "-q", "-o", str(tmp_path), "-f", "json"]
    code = (
        f"import sys; sys.argv = {arguments!r}; from ce_audit.__main__ import main; main(); "
        "print(sorted({'weasyprint', 'jinja2', 'rich', 'regipy', 'psutil'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True)
    assert done.stdout == "[]\n"


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("scan", CORE), 0),
        (("scan", DRIFTED), 1),
        (("scan", "missing"), 2),
        (("scan", SAMPLES / "half-collected"), 3),
        (("nope",), 2),
    ],
)
def test_the_exit_code_reaches_the_shell(tmp_path: Path, arguments: tuple[object, ...], code: int) -> None:
    more = ("-o", tmp_path, "-f", "json") if arguments[0] == "scan" else ()
    done = run_process(*arguments, *more)
    assert done.code == code
    assert "Traceback" not in done.err


def test_stdout_is_data_and_stderr_is_messages(tmp_path: Path) -> None:
    done = run_process("scan", DRIFTED, "-o", tmp_path, "-f", "json")
    assert "wrote" not in done.out
    assert "NOT COMPLIANT" not in done.err
    done = run_process("why", DRIFTED, "--port", "9901", "-f", "json")
    assert done.out.startswith("[")
    assert done.err == ""


@pytest.mark.skipif(os.name != "posix", reason="a pipe on Windows breaks in another way")
@pytest.mark.parametrize(
    "arguments",
    [("checks",), ("catalogue",), ("scan", DRIFTED, "-f", "json"), ("why", CORE, "--port", "9901")],
)
def test_a_reader_that_goes_away_is_neither_a_finding_nor_noise(
    tmp_path: Path, arguments: tuple[object, ...]
) -> None:
    more = ("-o", tmp_path) if arguments[0] == "scan" else ()
    with started(*arguments, *more) as process:
        assert process.stdout
        assert process.stderr
        process.stdout.close()
        said = process.stderr.read()
        process.wait(timeout=60)
    assert process.returncode == 2
    assert b"Traceback" not in said
    assert b"Exception" not in said
    if arguments[0] == "scan":
        assert (tmp_path / "results.json").is_file()


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs evidence that keeps the command waiting")
def test_an_interrupted_run_says_so_and_only_by_its_exit_code(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "x.reg")
    with started("scan", tmp_path / "x.reg", "-o", tmp_path / "out") as process:
        assert process.stderr
        assert process.stderr.readline() == b"reading the evidence ...\n"
        process.send_signal(signal.SIGINT)
        rest = process.stderr.read()
        process.wait(timeout=60)
    assert process.returncode == 130
    assert rest == b""
    assert not (tmp_path / "out").exists()


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs evidence that keeps the command waiting")
@pytest.mark.parametrize("option", ["--no-progress", "-q"])
def test_a_long_step_is_announced_unless_declined(tmp_path: Path, option: str) -> None:
    os.mkfifo(tmp_path / "x.reg")
    with started("collect", tmp_path / "x.reg", "-o", tmp_path / "x.json", option) as process:
        time.sleep(2)
        (tmp_path / "x.reg").write_bytes(b"REGEDIT4\n[HKEY_LOCAL_MACHINE\\SOFTWARE\\Policies]\n")
        assert process.stderr
        said = process.stderr.read().decode()
        process.wait(timeout=60)
    assert process.returncode == 0
    assert "..." not in said


@pytest.mark.parametrize("encoding", ["ascii", "cp1252"])
@pytest.mark.parametrize("arguments", [("checks",), ("catalogue",), ("explain", "dynamic-port"), ("--help",)])
def test_a_console_of_any_code_page_gets_its_text(arguments: tuple[str, ...], encoding: str) -> None:
    done = run_process(*arguments, environment={"PYTHONIOENCODING": encoding})
    assert (done.code, done.err) == (0, "")
    assert done.out


def test_the_module_and_the_script_are_the_same_command() -> None:
    script = Path(sys.executable).with_name("ce-audit")
    if not script.exists():
        pytest.skip("the command is not installed beside this Python")
    by_script = subprocess.run([script, "checks"], capture_output=True, text=True, check=True)
    assert by_script.stdout == run_process("checks").out
