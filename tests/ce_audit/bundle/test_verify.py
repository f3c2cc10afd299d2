"""`verify` finds every change to a bundle, its signature and its results; `collect --sign` seals."""

import json
import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization as pem
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from ce_audit.bundle.reperform import differences
from rules.model import Results, Verdict
from tests.ce_audit.command import CORE, ROOT, SAMPLES, Done, Run, run_in

HOST = "host.json"
LINK = 0o120777 << 16
PLAIN = pem.NoEncryption()


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    return run_in(capsys)


@pytest.fixture
def bundle(run: Run, tmp_path: Path) -> Path:
    assert run("collect", CORE, "-o", tmp_path / "x.zip").code == 0
    return tmp_path / "x.zip"


@pytest.fixture
def folder(bundle: Path, tmp_path: Path) -> Path:
    with zipfile.ZipFile(bundle) as archive:
        archive.extractall(tmp_path / "unpacked")
    return tmp_path / "unpacked"


@pytest.fixture
def results(run: Run, bundle: Path, tmp_path: Path) -> Path:
    run("scan", bundle, "-o", tmp_path / "out", "-f", "json", "-q")
    return tmp_path / "out" / "results.json"


def write_keys(folder: Path, name: str, key: Any = None) -> tuple[Path, Path]:  # noqa: ANN401 - any key
    key = key or Ed25519PrivateKey.generate()
    private, public = folder / f"{name}.pem", folder / f"{name}.pub.pem"
    private.write_bytes(key.private_bytes(pem.Encoding.PEM, pem.PrivateFormat.PKCS8, PLAIN))
    spki = pem.PublicFormat.SubjectPublicKeyInfo
    public.write_bytes(key.public_key().public_bytes(pem.Encoding.PEM, spki))
    return private, public


def contents(path: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def rewrite(path: Path, files: dict[str, bytes]) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)


def add(path: Path, name: str, data: bytes, attributes: int = 0o644 << 16) -> None:
    info = zipfile.ZipInfo("x")
    info.filename = name
    info.external_attr = attributes
    info.compress_type = zipfile.ZIP_DEFLATED
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr(info, data)


def failures(done: Done) -> list[tuple[str, str]]:
    """The kind and subject of each failure of a run with `-f json`; fails where code and verdict differ."""
    found = json.loads(done.out)
    assert found["schema"] == "ce-audit/verify-v1"
    assert (done.code, found["intact"]) == ((4, False) if found["failures"] else (0, True))
    return [(failure["kind"], failure["subject"]) for failure in found["failures"]]


def edited(manifest: bytes, change: Callable[[dict[str, Any]], object]) -> bytes:
    content = json.loads(manifest)
    change(content)
    return json.dumps(content).encode()


# --- a bundle against its manifest


@pytest.mark.parametrize("sample", sorted(path.parent.name for path in SAMPLES.glob("*/manifest.json")))
def test_what_collect_sealed_is_intact_packed_and_unpacked(run: Run, tmp_path: Path, sample: str) -> None:
    run("collect", SAMPLES / sample, "-o", tmp_path / "x.zip")
    assert failures(run("verify", tmp_path / "x.zip", "-f", "json")) == []
    with zipfile.ZipFile(tmp_path / "x.zip") as archive:
        archive.extractall(tmp_path / "u")
    done = run("verify", tmp_path / "u")
    assert (done.code, done.out.splitlines()[-1]) == (0, f"{tmp_path / 'u'}: intact")
    assert f"checked: {len(contents(tmp_path / 'x.zip')) - 1} files" in done.out


def test_every_single_file_that_changes_is_named(run: Run, bundle: Path) -> None:
    whole = contents(bundle)
    for name in whole.keys() - {"manifest.json"}:
        data = whole[name]
        flipped = bytes([data[0] ^ 1, *data[1:]])
        rewrite(bundle, {**whole, name: flipped})
        assert failures(run("verify", bundle, "-f", "json")) == [("changed", name)]


def test_a_file_that_grew_missing_and_added_files_are_named_at_once(run: Run, folder: Path) -> None:
    with (folder / HOST).open("ab") as stream:
        stream.write(b" ")
    (folder / "services.json").unlink()
    (folder / "network" / "netstat.txt").write_text("x")
    done = run("verify", folder)
    size = len((folder / HOST).read_bytes())
    assert done.code == 4
    assert f"changed: host.json: {size} bytes; the manifest says {size - 1}" in done.out
    assert "missing: services.json: the manifest lists it, and it is not there" in done.out
    assert "unlisted: network/netstat.txt: it is there, and the manifest does not list it" in done.out
    assert done.out.endswith("NOT INTACT, 3 failures\n")


def wrong_hash(manifest: dict[str, Any]) -> None:
    manifest["files"][0]["sha256"] = "0" * 64


def twice(manifest: dict[str, Any]) -> None:
    manifest["files"].append(manifest["files"][0])


@pytest.mark.parametrize(
    ("change", "kind"),
    [
        (wrong_hash, "changed"),
        (lambda manifest: manifest["files"].pop(0), "unlisted"),
        (lambda manifest: manifest["files"].append({"path": "a", "sha256": "", "bytes": 0}), "missing"),
        (twice, "manifest"),
        (lambda manifest: manifest.pop("files"), "manifest"),
        (lambda manifest: manifest["files"].append(7), "manifest"),
    ],
)
def test_an_edited_manifest_is_noticed(
    run: Run, bundle: Path, change: Callable[[dict[str, Any]], object], kind: str
) -> None:
    whole = contents(bundle)
    rewrite(bundle, {**whole, "manifest.json": edited(whole["manifest.json"], change)})
    assert {kind for kind, _ in failures(run("verify", bundle, "-f", "json"))} == {kind}


def test_a_manifest_that_is_no_json_is_an_integrity_failure(run: Run, folder: Path) -> None:
    (folder / "manifest.json").write_bytes(b"{")
    assert failures(run("verify", folder, "-f", "json")) == [("manifest", "manifest.json")]


def test_a_manifest_as_powershell_writes_it_is_read(run: Run, folder: Path) -> None:
    content = json.loads((folder / "manifest.json").read_bytes())
    for row in content["files"]:
        row["sha256"] = row["sha256"].upper()
    (folder / "manifest.json").write_text(json.dumps(content), encoding="utf-8-sig")
    assert failures(run("verify", folder, "-f", "json")) == []


def test_what_is_no_bundle_exits_with_2(run: Run, folder: Path, tmp_path: Path) -> None:
    run("scan", CORE, "-o", tmp_path / "out", "-f", "json", "-q")
    assert "a snapshot bears no hashes" in run("verify", tmp_path / "out" / "snapshot.json").error
    assert "no such file or folder" in run("verify", tmp_path / "none").error
    assert "neither a folder nor a .zip" in run("verify", folder / HOST).error
    (folder / "manifest.json").write_text('{"schema": "chrome"}')
    assert "its manifest.json is not ce-audit/bundle-v1" in run("verify", folder).error
    (folder / "manifest.json").unlink()
    done = run("verify", folder)
    assert (done.code, done.error) == (2, f"{folder}: not a bundle: no manifest.json at its top")


# --- hostile ones


@pytest.mark.parametrize("name", ["../up.reg", "/etc/x", "C:/x.reg", "a\\..\\..\\x", "a\x1b[31m"])
def test_an_archive_that_leads_outside_is_refused(run: Run, bundle: Path, name: str) -> None:
    add(bundle, name, b"x")
    done = run("verify", bundle)
    assert done.code == 4
    assert "refused: x.zip:" in done.out
    assert "an entry outside the archive" in done.out
    assert "\x1b" not in done.out


def test_links_bombs_and_twins_in_an_archive_are_refused(run: Run, bundle: Path) -> None:
    whole = contents(bundle)
    add(bundle, "link", b"/etc/passwd", LINK)
    assert "refused: a link: 'link'" in run("verify", bundle).out
    rewrite(bundle, whole)
    add(bundle, "HOST.JSON", b"{}")
    assert "two entries of one name" in run("verify", bundle).out
    rewrite(bundle, {**whole, "zeros.txt": bytes(65 << 20)})
    done = run("verify", bundle)
    assert "unpacks more than 200-fold" in done.out
    assert done.code == 4


def test_an_archive_of_100_000_entries_is_refused(run: Run, tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "x.zip", "w") as archive:
        for number in range(100_000):
            archive.writestr(str(number), b"")
    done = run("verify", tmp_path / "x.zip")
    assert done.code == 4
    assert "holds 100000 entries" in done.out


def test_an_archive_that_is_damaged_is_no_pass_unless_it_still_holds_the_same(run: Run, bundle: Path) -> None:
    whole, files = bundle.read_bytes(), contents(bundle)
    codes = set()
    for at in range(40, len(whole) - 22, len(whole) // 60):
        bundle.write_bytes(whole[:at] + bytes([whole[at] ^ 0xFF]) + whole[at + 1 :])
        code = run("verify", bundle).code
        assert code == 4 or contents(bundle) == files  # as where a date in the directory changed
        codes.add(code)
    assert 4 in codes
    bundle.write_bytes(whole[: len(whole) // 2])
    assert failures(run("verify", bundle, "-f", "json")) == [("refused", "x.zip")]


def test_files_beyond_what_evidence_can_be_are_not_read(run: Run, folder: Path, tmp_path: Path) -> None:
    for path in (folder / "huge.bin", tmp_path / "huge.zip"):
        with path.open("wb") as stream:
            stream.truncate((1 << 30) + 1)  # a hole, which takes no space
    assert failures(run("verify", folder, "-f", "json")) == [("refused", "huge.bin")]
    assert "larger than 1024 MiB" in run("verify", tmp_path / "huge.zip").error


@pytest.mark.skipif(sys.platform == "win32", reason="links need a privilege there")
def test_links_and_pipes_in_a_folder_are_refused(run: Run, folder: Path, tmp_path: Path) -> None:
    (folder / HOST).rename(tmp_path / HOST)
    (folder / HOST).symlink_to(tmp_path / HOST)
    (tmp_path / "elsewhere").mkdir()
    (folder / "more").symlink_to(tmp_path / "elsewhere")
    os.mkfifo(folder / "pipe")
    found = failures(run("verify", folder, "-f", "json"))
    assert found == [("refused", HOST), ("refused", "more"), ("refused", "pipe"), ("missing", HOST)]


# --- signatures


def test_a_signed_bundle_is_accepted_with_its_key_only(run: Run, tmp_path: Path) -> None:
    private, public = write_keys(tmp_path, "mine")
    _, other = write_keys(tmp_path, "other")
    bundle = tmp_path / "x.zip"
    assert run("collect", CORE, "-o", bundle, "--sign", private).code == 0
    assert failures(run("verify", bundle, "-f", "json", "--require-signature", public)) == []
    wrong = run("verify", bundle, "-f", "json", "--require-signature", other)
    assert failures(wrong) == [("signature", "manifest.json.sig")]
    assert "--require-signature PUBKEYFILE checks by whom" in run("verify", bundle).out


def test_who_changes_files_and_manifest_alike_is_caught_by_the_signature(run: Run, tmp_path: Path) -> None:
    private, public = write_keys(tmp_path, "mine")
    bundle = tmp_path / "x.zip"
    run("collect", CORE, "-o", bundle, "--sign", private)
    whole = contents(bundle)
    forged = whole["manifest.json"].replace(b'"elevated": true', b'"elevated": null')
    assert forged != whole["manifest.json"]
    rewrite(bundle, {**whole, "manifest.json": forged})
    assert failures(run("verify", bundle, "-f", "json")) == []
    asked = ("verify", bundle, "-f", "json", "--require-signature", public)
    assert failures(run(*asked)) == [("signature", "manifest.json.sig")]
    for signature in (b"", b"not base64!", b"AAAA"):
        rewrite(bundle, {**whole, "manifest.json.sig": signature})
        assert failures(run(*asked)) == [("signature", "manifest.json.sig")]
    del whole["manifest.json.sig"]
    rewrite(bundle, whole)
    assert failures(run(*asked)) == [("signature", "manifest.json.sig")]
    assert "the manifest is not signed" in run("verify", bundle).out


def test_a_bundle_of_a_signed_bundle_does_not_bear_the_old_signature(run: Run, tmp_path: Path) -> None:
    private, public = write_keys(tmp_path, "mine")
    run("collect", CORE, "-o", tmp_path / "x.zip", "--sign", private)
    run("collect", tmp_path / "x.zip", "-o", tmp_path / "y.zip")
    assert "manifest.json.sig" not in contents(tmp_path / "y.zip")
    run("collect", tmp_path / "x.zip", "-o", tmp_path / "z.zip", "--sign", private)
    assert failures(run("verify", tmp_path / "z.zip", "-f", "json", "--require-signature", public)) == []


def test_keys_that_cannot_be_used_are_said_and_nothing_is_written(run: Run, tmp_path: Path) -> None:
    out = tmp_path / "new" / "x.zip"
    x_private, x_public = write_keys(tmp_path, "x", X25519PrivateKey.generate())
    (tmp_path / "text.pem").write_text("hello")
    locked = tmp_path / "locked.pem"
    secret = pem.BestAvailableEncryption(b"secret")
    key = Ed25519PrivateKey.generate()
    locked.write_bytes(key.private_bytes(pem.Encoding.PEM, pem.PrivateFormat.PKCS8, secret))
    for path, said in (
        (x_private, "a key of another kind"),
        (tmp_path / "text.pem", "not an Ed25519 key in PEM"),
        (locked, "the key is encrypted"),
        (tmp_path / "none.pem", "No such file"),
    ):
        done = run("collect", CORE, "-o", out, "--sign", path)
        assert done.code == 2
        assert said in done.error
    assert not out.parent.exists()
    private, _ = write_keys(tmp_path, "mine")
    assert "only a bundle (.zip)" in run("collect", CORE, "-o", tmp_path / "x.json", "--sign", private).error
    assert "another kind" in run("verify", CORE, "--require-signature", x_public).error


def test_without_the_extra_one_line_says_what_to_install(tmp_path: Path) -> None:
    private, public = write_keys(tmp_path, "mine")
    blocked = (
        "import sys; sys.modules['cryptography'] = None; from ce_audit.__main__ import main; sys.exit(main())"
    )
    collect = ("collect", CORE, "-o", tmp_path / "x.zip")
    for arguments in ((*collect, "--sign", private), ("verify", CORE, "--require-signature", public)):
        command = [sys.executable, "-c", blocked, *map(str, arguments)]
        done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False)
        line = "ce-audit: error: signatures need the package cryptography: pip install 'ce-audit[sign]' "
        assert (done.returncode, done.stderr) == (2, f"{line}[exit code 2: it could not run]\n")
    unsigned = subprocess.run([sys.executable, "-c", blocked, *map(str, collect)], cwd=ROOT, check=False)
    assert unsigned.returncode == 0


# --- results


def test_results_are_reperformed_byte_for_byte(run: Run, bundle: Path, results: Path) -> None:
    asked = ("verify", bundle, "-f", "json", "--results", results)
    assert failures(run(*asked)) == []
    assert failures(run(*asked, "--reperform")) == []
    assert failures(run("verify", results, "--reperform", "-f", "json")) == []  # with the snapshot beside it
    shutil.copy(bundle, results.parent)
    found = json.loads(run("verify", results, "--reperform", "-f", "json").out)
    assert found["intact"]
    assert any("x.zip against its manifest.json" in checked for checked in found["checked"])
    assert failures(run("verify", results.parent / "x.zip", "--reperform", "-f", "json")) == []


def test_a_changed_byte_of_evidence_shows_in_the_ledger_and_in_the_verdict(
    run: Run, bundle: Path, results: Path
) -> None:
    whole = contents(bundle)
    policy = whole["registry/firewall.reg"]
    at = policy.index("Action=Allow".encode("utf-16-le"))
    changed = policy[:at] + policy[at:].replace("Allow".encode("utf-16-le"), "Block".encode("utf-16-le"), 1)
    rewrite(bundle, {**whole, "registry/firewall.reg": changed})
    found = failures(run("verify", bundle, "-f", "json", "--reperform", "--results", results))
    assert found[:2] == [("changed", "registry/firewall.reg")] * 2  # by the manifest, and by the ledger
    assert {kind for kind, _ in found[2:]} == {"differs"}


@pytest.mark.parametrize(
    ("change", "place"),
    [
        (lambda found: found.update(tool="ce-audit 0.0.1"), "tool"),
        (lambda found: found["results"].pop(), "results[34]"),
        (lambda found: found["results"][0].update(status="fail"), "results[0].status"),
        (lambda found: found.update(extra=1), "extra"),
        (lambda found: found["summary"].update(fail=True), None),
        (lambda found: None, "results"),
    ],
)
def test_edited_results_differ_at_a_named_place(
    run: Run, bundle: Path, results: Path, change: Callable[[dict[str, Any]], object], place: str | None
) -> None:
    results.write_bytes(edited(results.read_bytes(), change))
    found = failures(run("verify", bundle, "-f", "json", "--reperform", "--results", results))
    assert found == ([("differs", place)] if place else [("results", "results.json")])


def test_a_report_that_was_edited_is_not_what_its_results_render_to(
    run: Run, bundle: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    run("scan", bundle, "-o", out, "-f", "json", "-f", "html", "-f", "csv", "-q")
    asked = ("verify", bundle, "-f", "json", "--reperform", "--results", out / "results.json")
    assert failures(run(*asked)) == []
    for name in ("report.html", "findings.csv"):
        with (out / name).open("ab") as stream:
            stream.write(b" ")
    assert failures(run(*asked)) == [("differs", "report.html"), ("differs", "findings.csv")]


def test_results_that_were_cut_off_are_an_integrity_failure(run: Run, bundle: Path, results: Path) -> None:
    results.write_bytes(results.read_bytes()[:500])
    assert failures(run("verify", results, "-f", "json")) == [("results", "results.json")]
    assert failures(run("verify", bundle, "--results", results, "-f", "json")) == [
        ("results", "results.json")
    ]


@pytest.mark.parametrize("depth", [300, *range(960, 1010, 4), 100_000])
def test_results_of_any_depth_are_told_from_the_true_ones(run: Run, results: Path, depth: int) -> None:
    text = results.read_text(encoding="utf-8")
    results.write_text(text.replace("{", '{"x": ' + "[" * depth + "]" * depth + ",", 1), encoding="utf-8")
    ((kind, _),) = failures(run("verify", results, "--reperform", "-f", "json"))
    assert kind in ("differs", "results")


def test_what_is_nested_deeper_than_can_be_read_is_a_difference() -> None:
    (found,) = differences(b"[" * 100_000 + b"]" * 100_000, Results(verdict=Verdict.COMPLIANT))
    assert (found.kind, found.detail) == ("differs", "nested too deep to be compared")


def test_results_of_other_evidence_are_told_by_their_ledger(run: Run, results: Path) -> None:
    found = failures(run("verify", SAMPLES / "drifted-core", "--results", results, "-f", "json"))
    assert ("changed", HOST) in found


def test_a_folder_without_manifest_is_held_to_the_ledger(run: Run, tmp_path: Path) -> None:
    (tmp_path / "host").mkdir()
    shutil.copy(CORE / "registry" / "firewall.reg", tmp_path / "host")
    run("scan", tmp_path / "host", "-o", tmp_path / "out", "-f", "json", "-q")
    asked = ("verify", tmp_path / "host", "--reperform", "-f", "json", "--results")
    assert failures(run(*asked, tmp_path / "out" / "results.json")) == []
    (tmp_path / "host" / "more.txt").write_text("x")
    found = failures(run(*asked, tmp_path / "out" / "results.json"))
    assert found[0] == ("unlisted", "more.txt")


def test_results_alone_are_held_to_their_schema_and_say_what_was_not_checked(run: Run, results: Path) -> None:
    (results.parent / "snapshot.json").unlink()
    done = run("verify", results)
    assert (done.code, done.out.splitlines()[1]) == (
        0,
        "note: no evidence beside the results: its hashes are not checked",
    )
    assert "no evidence beside it to judge again" in run("verify", results, "--reperform").error


def test_refused_evidence_is_not_judged(run: Run, bundle: Path, results: Path) -> None:
    add(bundle, "../up", b"x")
    done = run("verify", bundle, "--reperform", "--results", results)
    assert done.code == 4
    assert "neither compared with the results nor judged" in done.out


def test_what_cannot_be_compared_exits_with_2(run: Run, bundle: Path, results: Path, tmp_path: Path) -> None:
    assert "no results.json beside it" in run("verify", bundle, "--reperform").error
    assert "this is itself results" in run("verify", results, "--results", results).error
    _, public = write_keys(tmp_path, "mine")
    assert "only a bundle can be signed" in run("verify", results, "--require-signature", public).error


def test_the_text_shows_fifty_failures_and_counts_the_rest(run: Run, folder: Path) -> None:
    for number in range(60):
        (folder / f"more-{number}").write_text("x")
    lines = run("verify", folder).out.splitlines()
    assert sum(line.startswith("unlisted: ") for line in lines) == 50
    assert lines[-2] == "and 10 more; -f json lists them all"
