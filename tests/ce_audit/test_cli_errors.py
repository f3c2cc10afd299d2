"""Whatever is wrong, one clear line says so with the exit code of a usage error, and never a traceback."""

import io
import json
import os
import struct
import sys
from pathlib import Path

import pytest

from tests.ce_audit.command import CORE, Run, run_in
from tests.scanner.sources.regf import Key, hive

XML = '<?xml version="1.0"?>'
ENTITIES = f'{XML}<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><Server port="8005">&x;</Server>'
TEXT = "v2.30|Action=Allow|Active=TRUE|Dir=In|Protocol=6|LPort=80|Name=x|"
POLICY = hive(Key(children={"FirewallRules": Key({"a": TEXT}), "DomainProfile": Key({"EnableFirewall": 1})}))
VERBS = (("scan",), ("collect",), ("why", "--port", "9901"))


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    return run_in(capsys)


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a verb writes by default, it writes into the test's own folder."""
    monkeypatch.chdir(tmp_path)


def cut_off(data: bytes) -> bytes:
    promised = struct.unpack_from("<I", data, 40)[0] + 8192
    return data[:40] + struct.pack("<I", promised) + data[44:]


WORTHLESS = {
    "empty.reg": (b"", "empty.reg: the file is empty (0 bytes)"),
    "bytes.bin": (bytes(range(256)) * 8, "binary data, not text"),
    "latin.txt": ("Prüfung geänderter Ports\n".encode("cp1252") * 9, "nothing that can be read as evidence"),
    "notes.txt": (b"hello\n", "nothing that can be read as evidence"),
    "other.json": (b'{"a": 1}', "nothing that can be read as evidence"),
    "deep.json": (b"[" * 100_000, "nothing that can be read as evidence"),
    "hive.hiv": (POLICY[:4090], "the registry hive cannot be read: the file ends after 4090 bytes"),
    "broken.hiv": (POLICY[:4096] + bytes(4096), "the registry hive cannot be read"),
    "bundle.zip": (b"PK\x03\x04" + bytes(90), "the zip archive cannot be read"),
    "empty.zip": (b"PK\x05\x06" + bytes(18), "nothing that can be read as evidence"),
    "x.reg.gz": (b"\x1f\x8b\x08" + bytes(9), "the compressed file is damaged"),
    "x.xz": (b"\xfd7zXZ\x00" + bytes(9), "the compressed file is damaged"),
    "snapshot.json": (b'{"schema": "ce-audit/snapshot-v1", "host": 7}', "not a ce-audit/snapshot-v1"),
    "cut.json": (b'{"schema": "ce-audit/snapshot-v1", ', "nothing that can be read as evidence"),
}


@pytest.mark.parametrize("verb", VERBS, ids=lambda verb: verb[0])
@pytest.mark.parametrize("name", WORTHLESS)
def test_a_file_that_is_no_evidence(run: Run, verb: tuple[str, ...], name: str) -> None:
    data, said = WORTHLESS[name]
    Path(name).write_bytes(data)
    done = run(verb[0], name, *verb[1:])
    assert (done.code, done.out) == (2, "")
    assert said in done.error
    assert name in done.error


@pytest.mark.parametrize("verb", VERBS, ids=lambda verb: verb[0])
def test_a_path_that_is_not_there(run: Run, verb: tuple[str, ...]) -> None:
    done = run(verb[0], "missing", *verb[1:])
    assert (done.code, done.out, done.error) == (2, "", "missing: no such file or folder")


@pytest.mark.parametrize("verb", VERBS, ids=lambda verb: verb[0])
def test_an_empty_folder_and_one_with_nothing_recognisable(run: Run, verb: tuple[str, ...]) -> None:
    Path("evidence").mkdir()
    assert "the folder is empty" in run(verb[0], "evidence", *verb[1:]).error
    Path("evidence", "notes.txt").write_text("hello")
    done = run(verb[0], "evidence", *verb[1:])
    assert (done.code, done.error) == (2, "evidence: holds nothing that can be read as evidence")


def test_nothing_recognisable_makes_no_bundle(run: Run) -> None:
    Path("notes.txt").write_text("hello")
    done = run("collect", "notes.txt", "-o", "x.zip")
    assert (done.code, done.error) == (2, "notes.txt: holds nothing that can be read as evidence")
    assert not Path("x.zip").exists()


@pytest.mark.skipif(os.name != "posix", reason="needs a file that is there and cannot be read")
@pytest.mark.parametrize("verb", VERBS, ids=lambda verb: verb[0])
def test_a_file_that_cannot_be_read(run: Run, verb: tuple[str, ...]) -> None:
    assert "/proc/self/mem: the file cannot be read: " in run(verb[0], "/proc/self/mem", *verb[1:]).error


CUT_REG = b'REGEDIT4\r\n[HKEY_LOCAL_MACHINE\\SOFTWARE\\X]\r\n"a"="b'
DAMAGED = {
    "cut.wfw": (cut_off(POLICY), "the hive is cut off"),
    "cut.reg": (CUT_REG, "line 3: not a line of a registry export"),
    "ServerAgent.Config.xml": (f"{XML}<a><b></a>".encode(), "not well-formed XML (line 1, column "),
    "server.xml": (ENTITIES.encode(), "declares entities; they are not followed"),
    "listeners.json": (b'[{"protocol": "tcp"}]', "row 1: not a row of protocol, address, port, pid"),
}


@pytest.mark.parametrize("name", DAMAGED)
def test_damaged_evidence_is_judged_as_not_proven_and_said_to_be_damaged(run: Run, name: str) -> None:
    data, said = DAMAGED[name]
    Path(name).write_bytes(data)
    done = run("scan", name, "-o", "out", "-f", "json")
    assert done.code == 3
    first, *rest = done.err.splitlines()
    assert first.startswith("not everything could be read: ")
    assert said in first
    assert name in first
    assert all(line.startswith("wrote ") for line in rest)
    results = json.loads(Path("out", "results.json").read_bytes())
    assert any(said.partition(": ")[2] in problem["reason"] for problem in results["problems"])


def test_a_file_that_cannot_be_read_among_others_costs_only_itself(run: Run) -> None:
    Path("evidence").mkdir()
    Path("evidence", "netstat.txt").write_text("  TCP  0.0.0.0:80  0.0.0.0:0  LISTENING  4\n")
    try:
        Path("evidence", "gone.reg").symlink_to("nowhere")
    except OSError:
        pytest.skip("this system lets ordinary users make no links")
    done = run("scan", "evidence", "-o", "out", "-f", "json")
    assert done.code == 3
    assert "gone.reg: neither a file nor a link to one" in done.err


def test_output_that_is_a_file(run: Run) -> None:
    Path("out").write_text("mine")
    done = run("scan", CORE, "-o", "out", "-f", "json")
    assert (done.code, done.error) == (2, "out: exists and is not a folder")
    done = run("scan", CORE, "-o", "out/below", "-f", "json")
    assert (done.code, done.error) == (2, "out/below: cannot be created: Not a directory")
    assert Path("out").read_text() == "mine"


def test_output_that_is_a_folder(run: Run) -> None:
    Path("out.json").mkdir()
    done = run("collect", CORE, "-o", "out.json")
    assert (done.code, done.error) == (2, "out.json: cannot be written: Is a directory")
    Path("x", "results.json").mkdir(parents=True)
    done = run("scan", CORE, "-o", "x", "-f", "json")
    assert (done.code, done.error) == (2, "x/results.json: cannot be written: Is a directory")
    assert [path.name for path in Path("x").iterdir()] == ["results.json"]


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="needs a folder that nobody can write to")
def test_output_where_nobody_may_write(run: Run) -> None:
    assert "/proc/out: cannot be created" in run("scan", CORE, "-o", "/proc/out", "-f", "json").error
    assert "/proc/x.json: cannot be written" in run("collect", CORE, "-o", "/proc/x.json").error


def test_a_pdf_that_cannot_be_written_loses_nothing_else(run: Run) -> None:
    Path("out", "report.pdf").mkdir(parents=True)
    done = run("scan", CORE, "-o", "out", "-f", "pdf", "-f", "json")
    assert done.code == 0
    assert "no report.pdf: out/report.pdf: cannot be written: Is a directory" in done.err
    assert Path("out", "results.json").is_file()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("collect", CORE, "-o", "x.txt"), "the output must end in .json (snapshot) or .zip (bundle)"),
        (("report", "missing.json"), "missing.json: No such file or directory"),
        (("report", CORE), "Is a directory"),
        (("report", CORE / "host.json"), "results"),
        (("explain", "dynamic-prot"), "did you mean dynamic-port?"),
        (("explain", "xyzzy"), "`ce-audit checks` lists them"),
        (("schema", "nope"), "results-v1"),
        (("why", CORE, "--port", "x"), None),
        (("why", CORE), None),
        (("why", CORE, "--port", "70000"), "is not a port"),
        (("why", CORE, "--port", "1", "--from", "here"), "is not an IP address"),
        (("why", CORE, "--port", "1", "--profile", "Home"), "is none of domain"),
        (("why", CORE, "--flows", "missing.csv"), "missing.csv: No such file or directory"),
        (("scan", CORE, "--role", "x"), None),
        (("scan", CORE, "--fail-on", "x"), None),
        (("scan", CORE, "--nope"), None),
        (("nope",), None),
    ],
)  # fmt: skip
def test_wrong_arguments(run: Run, arguments: tuple[object, ...], said: str | None) -> None:
    done = run(*arguments)
    assert (done.code, done.out) == (2, "")
    if said is None:
        assert done.err.splitlines()[-1].startswith("Error: ")
    else:
        assert said in done.error


@pytest.mark.skipif(os.name == "nt", reason="Windows hosts are scanned themselves")
@pytest.mark.parametrize(("verb", "output"), [("scan", "out"), ("collect", "x.json"), ("collect", "x.zip")])
def test_no_evidence_where_this_machine_is_none(run: Run, verb: str, output: str) -> None:
    done = run(verb, "-o", output)
    assert (done.code, done.out) == (2, "")
    assert done.error.startswith("no EVIDENCE given, and this is not a Windows host")


def test_a_hostile_name_cannot_write_to_the_terminal(run: Run) -> None:
    done = run("scan", "x\x1b[31m\u202ey")
    assert done.error == "x\\x1b[31m\\u202ey: no such file or folder"


def test_a_failure_of_our_own_is_neither_a_finding_nor_a_pass(run: Run) -> None:
    # no evidence is known to crash the command, so it is broken from outside: stdout takes nothing
    before, sys.stdout = sys.stdout, io.StringIO()
    sys.stdout.close()
    try:
        done = run("checks")
    finally:
        sys.stdout = before
    assert done.code == 5
    assert done.error.startswith("internal error: ValueError: ")
    assert done.error.endswith("(-v shows where)")
