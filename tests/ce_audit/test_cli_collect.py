"""`collect`: the facts, or a sealed bundle that says the same of the host and holds none of its secrets."""

import gzip
import hashlib
import json
import shutil
import zipfile
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from tests.ce_audit.command import CORE, SAMPLES, Run, run_in
from tests.corpus import CORPUS, needs_corpus
from tests.scanner.sources.regf import Key, hive

SECRET = "Xk7geheim"  # noqa: S105 - what must not appear
SCENARIOS = sorted(path.parent.name for path in SAMPLES.glob("*/manifest.json"))


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    return run_in(capsys)


def judged(run: Run, evidence: Path, folder: Path) -> tuple[int, dict[str, Any]]:
    """The exit code, and the results but for what they say about the files that the evidence came in."""
    code = run("scan", evidence, "-o", folder, "-f", "json", "-q").code
    results = json.loads((folder / "results.json").read_bytes())
    findings = [result["findings"] for result in results["results"]]
    for finding in (each for several in findings for each in several):
        for observation in finding["evidence"]:
            del observation["sha256"]
    return code, {
        name: results[name] for name in ("verdict", "host", "summary", "results", "endpoints", "gaps")
    }


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_a_bundle_of_the_evidence_is_judged_as_the_evidence(run: Run, tmp_path: Path, scenario: str) -> None:
    assert run("collect", SAMPLES / scenario, "-o", tmp_path / "x.zip").code == 0
    before = judged(run, SAMPLES / scenario, tmp_path / "a")
    assert judged(run, tmp_path / "x.zip", tmp_path / "b") == before
    with zipfile.ZipFile(tmp_path / "x.zip") as archive:
        archive.extractall(tmp_path / "unpacked")
    assert judged(run, tmp_path / "unpacked", tmp_path / "c") == before


def test_a_bundle_of_a_bundle_holds_the_same_again(run: Run, tmp_path: Path) -> None:
    run("collect", CORE, "-o", tmp_path / "1.zip")
    run("collect", tmp_path / "1.zip", "-o", tmp_path / "2.zip")
    run("collect", CORE, "-o", tmp_path / "3.zip")
    assert (tmp_path / "1.zip").read_bytes() == (tmp_path / "2.zip").read_bytes()
    assert (tmp_path / "1.zip").read_bytes() == (tmp_path / "3.zip").read_bytes()


def contents(path: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def test_the_manifest_names_and_hashes_every_file_and_keeps_what_the_collector_said(
    run: Run, tmp_path: Path
) -> None:
    run("collect", CORE, "-o", tmp_path / "x.zip")
    files = contents(tmp_path / "x.zip")
    manifest = json.loads(files.pop("manifest.json"))
    listed = {each["path"]: (each["sha256"], each["bytes"]) for each in manifest["files"]}
    assert listed == {name: (hashlib.sha256(data).hexdigest(), len(data)) for name, data in files.items()}
    earlier = json.loads((CORE / "manifest.json").read_bytes())
    for name in ("schema", "host", "collected_at", "collector", "elevated", "steps"):
        assert manifest[name] == earlier[name]
    for name, data in files.items():
        assert data == (CORE / name).read_bytes()


@pytest.mark.parametrize(
    ("manifest", "steps"),
    [
        (None, 0),
        (b'\xef\xbb\xbf{"host": "H", "steps": null}', 0),
        (b"[]", 0),
        (b"{broken", 1),
        (b'{"host": "H", "steps": [{"name": "x", "error": "denied"}]}', 1),
    ],
)
def test_any_manifest_or_none_will_do(run: Run, tmp_path: Path, manifest: bytes | None, steps: int) -> None:
    evidence = tmp_path / "evidence"
    evidence.mkdir()
    (evidence / "host.json").write_bytes(b'{"name": "H"}')
    if manifest is not None:
        (evidence / "manifest.json").write_bytes(manifest)
    assert run("collect", evidence, "-o", tmp_path / "x.zip").code == 0
    written = json.loads(contents(tmp_path / "x.zip")["manifest.json"])
    assert written["host"] in ("A", "H")
    assert len(written["steps"]) == steps


def test_what_could_not_be_read_is_a_failed_step_of_the_bundle(run: Run, tmp_path: Path) -> None:
    evidence = tmp_path / "evidence"
    evidence.mkdir()
    (evidence / "host.json").write_bytes(b'{"name": "H"}')
    (evidence / "bad.zip").write_bytes(b"PK\x03\x04")
    done = run("collect", evidence, "-o", tmp_path / "x.zip")
    assert done.code == 0
    assert "not everything could be read: bad.zip: the zip archive cannot be read" in done.err
    assert sorted(contents(tmp_path / "x.zip")) == ["host.json", "manifest.json"]
    (step,) = json.loads(contents(tmp_path / "x.zip")["manifest.json"])["steps"]
    assert step["name"] == "bad.zip"


def test_a_damaged_hive_is_as_damaged_in_the_bundle(run: Run, tmp_path: Path) -> None:
    rule = "v2.30|Action=Allow|Active=TRUE|Dir=In|Protocol=6|LPort=80|Name=x|"
    data = hive(Key(children={"FirewallRules": Key({"a": rule})}), sequences=(2, 1))
    evidence = tmp_path / "evidence"
    shutil.copytree(CORE, evidence)
    (evidence / "registry" / "firewall.reg").unlink()
    (evidence / "registry" / "policy.wfw").write_bytes(data)
    run("collect", evidence, "-o", tmp_path / "x.zip")
    before = judged(run, evidence, tmp_path / "a")
    assert before[0] == 3
    assert judged(run, tmp_path / "x.zip", tmp_path / "b") == before


def test_a_snapshot_cannot_be_bundled_and_can_be_copied(run: Run, tmp_path: Path) -> None:
    run("collect", CORE, "-o", tmp_path / "a.json")
    run("collect", tmp_path / "a.json", "-o", tmp_path / "b.json")
    assert (tmp_path / "a.json").read_bytes() == (tmp_path / "b.json").read_bytes()
    assert (
        "holds no raw evidence to bundle"
        in run("collect", tmp_path / "a.json", "-o", tmp_path / "x.zip").error
    )


def test_quiet_and_verbose(run: Run, tmp_path: Path) -> None:
    assert run("collect", CORE, "-q", "-o", tmp_path / "x.json") == (0, "", "")
    done = run("collect", SAMPLES / "half-collected", "-v", "-o", tmp_path / "x.json")
    assert "not collected: firewall-rules: the host's own firewall rules were not collected" in done.err
    twin = {"CE_AUDIT_OUTPUT": str(tmp_path / "y.json"), "CE_AUDIT_QUIET": "1"}
    assert run("collect", CORE, environment=twin) == (0, "", "")
    assert (tmp_path / "y.json").is_file()


# --- secrets

XML = "config/D/Program Files/Contact Expert/Services/ServerAgent/ServerAgent.Config.xml"
TOMCAT = "config/D/Program Files/Contact Expert/Tomcat/conf"


def with_secrets(folder: Path) -> None:
    """compliant-core with a secret wherever somebody would write one, in files read and not read."""
    shutil.copytree(CORE, folder)
    xml = (folder / XML).read_text(encoding="utf-8")
    added = (
        f'<add key="DbPassword" value="{SECRET}"/><Login password="{SECRET}" port="1"/><Pwd>{SECRET}</Pwd>'
        f'<db connectionString="Data Source=x;Password={SECRET};Port=1"/><x args="-password {SECRET}"/>'
    )
    at = xml.rindex("</")
    (folder / XML).write_text(xml[:at] + added + xml[at:], encoding="utf-8")
    server = folder / TOMCAT / "server.xml"
    text = server.read_text(encoding="utf-8").replace("<Connector ", f'<Connector truststorePass="{SECRET}" ')
    server.write_text(text, encoding="utf-8")
    with (folder / TOMCAT / "catalina.properties").open("a", encoding="utf-8") as stream:
        stream.write(f"\ndb.password={SECRET}\n")
    (folder / TOMCAT / "tomcat-users.xml").write_text(f'<user username="a" password="{SECRET}"/>')
    ini = folder / "config/D/Program Files/Contact Expert/Services/SMSDeliveryService/gc.sms.gw.service.ini"
    ini.parent.mkdir()
    ini.write_text(f"[smtp]\nPort=25\nPassword={SECRET}\nSecret: '{SECRET}\n")
    key = r"[HKEY_LOCAL_MACHINE\SOFTWARE\WOW6432Node\ACE\TAO]"
    (tao,) = (path for path in (folder / "registry").glob("*.reg") if key in path.read_text("utf-16"))
    text = tao.read_text("utf-16").replace(
        key, f'{key}\n"Dsn"="x;Pwd={SECRET};y"\n"DbPassword"="{SECRET}"', 1
    )
    tao.write_bytes(text.replace("\n", "\r\n").encode("utf-16"))


@pytest.mark.parametrize("output", ["x.zip", "x.json"])
def test_no_secret_gets_into_what_is_collected(run: Run, tmp_path: Path, output: str) -> None:
    with_secrets(tmp_path / "evidence")
    assert run("collect", tmp_path / "evidence", "-o", tmp_path / output).code == 0
    files = contents(tmp_path / output) if output == "x.zip" else {output: (tmp_path / output).read_bytes()}
    for name, data in files.items():
        assert SECRET.encode() not in data, name
        assert SECRET.encode("utf-16-le") not in data, name


def test_no_secret_gets_into_what_is_reported(run: Run, tmp_path: Path) -> None:
    with_secrets(tmp_path / "evidence")
    done = run(
        "scan", tmp_path / "evidence", "-v", "-o", tmp_path / "out", "-f", "json", "-f", "html", "-f", "csv"
    )
    written = [path.read_text(encoding="utf-8") for path in (tmp_path / "out").iterdir()]
    assert len(written) == 4
    assert not any(SECRET in text for text in (done.out, done.err, *written))


def test_secrets_in_damaged_files_do_not_get_out_with_the_error(run: Run, tmp_path: Path) -> None:
    with_secrets(tmp_path / "evidence")
    for name in (XML, f"{TOMCAT}/server.xml"):
        path = tmp_path / "evidence" / name
        path.write_bytes(path.read_bytes().replace(b"</", b"<", 1))
    done = run("scan", tmp_path / "evidence", "-o", tmp_path / "out", "-f", "json")
    assert "not well-formed XML" in done.err
    written = [path.read_text(encoding="utf-8") for path in (tmp_path / "out").iterdir()]
    assert not any(SECRET in text for text in (done.out, done.err, *written))


def test_a_masked_bundle_is_judged_as_the_evidence_it_was_made_of(run: Run, tmp_path: Path) -> None:
    with_secrets(tmp_path / "evidence")
    run("collect", tmp_path / "evidence", "-o", tmp_path / "x.zip")
    assert judged(run, tmp_path / "x.zip", tmp_path / "b") == judged(
        run, tmp_path / "evidence", tmp_path / "a"
    )


def test_a_compressed_export_is_sealed_without_its_secrets_and_one_without_any_as_it_came(
    run: Run, tmp_path: Path
) -> None:
    evidence = tmp_path / "evidence"
    shutil.copytree(CORE, evidence)
    export = (
        f'Windows Registry Editor Version 5.00\r\n\r\n[HKEY_LOCAL_MACHINE\\X]\r\n"Pwd"="{SECRET}"\r\n\r\n'
    )
    firewall = evidence / "registry" / "firewall.reg"
    (evidence / "x.reg.gz").write_bytes(gzip.compress(export.encode("utf-16")))
    (evidence / "firewall.reg.gz").write_bytes(gzip.compress(firewall.read_bytes()))
    firewall.unlink()
    run("collect", evidence, "-o", tmp_path / "x.zip")
    sealed = contents(tmp_path / "x.zip")
    assert sealed["x.reg.gz"] == export.replace(SECRET, "***").encode("utf-16")
    assert sealed["firewall.reg.gz"] == (evidence / "firewall.reg.gz").read_bytes()
    assert judged(run, tmp_path / "x.zip", tmp_path / "b") == judged(run, evidence, tmp_path / "a")


def test_a_hive_is_sealed_as_it_is_and_that_is_said_in_one_line(run: Run, tmp_path: Path) -> None:
    evidence = tmp_path / "evidence"
    shutil.copytree(CORE, evidence)
    data = hive(Key(children={"ACE": Key({"Password": SECRET})}))
    (evidence / "SOFTWARE").write_bytes(data)
    done = run("collect", evidence, "-o", tmp_path / "x.zip")
    assert contents(tmp_path / "x.zip")["SOFTWARE"] == data
    told = "registry hives cannot be masked and are sealed with all they hold: SOFTWARE"
    assert done.err.splitlines().count(told) == 1
    assert told not in run("collect", evidence, "-o", tmp_path / "x.json").err
    assert "hives" not in run("collect", CORE, "-o", tmp_path / "y.zip").err


# --- real files


# as INDEX.tsv counts them; one of the 7,411 lines of the first is a connection security rule
STORES = {
    "reg/gorstak_Firewall.reg": {"local": 7410},
    "reg/yossi_FirewallRules_utf16.reg": {"local": 31},
    "hive/regipy_SYSTEM_2.xz": {"local": 400, "defaults": 345, "wsh-static": 151, "wsh-configurable": 210},
    "wfw/luthfina16_firewall.wfw": {"local": 412},
    "wfw/oxide_firewall_rules_1.wfw": {"local": 94},
    "wfw/cooper_firewall.wfw": {},
    "netsh/en_show_rule_all_logancave.txt": {"local": 504},
}
SOCKETS = {
    "netstat/en_ano_utf16.txt": {"tcp": 74, "udp": 53},
    "netstat/es_ano_utf16.txt": {"tcp": 49, "udp": 94},
    "netstat/fr_an_utf16.txt": {"tcp": 48, "udp": 57},
    "netstat/ko_ano_utf16.txt": {"tcp": 27, "udp": 25},
    "netstat/en_an_nopid.txt": {"tcp": 18, "udp": 18},
    "netstat/jc_netstat-aon.out": {"tcp": 39, "udp": 137},
    "netstat/jc_netstat-aonb.out": {"tcp": 51, "udp": 204},
    "netstat/inspec_netstat-anbo.utf8": {"tcp": 34, "udp": 15},
}
PROCESSES = {
    "tasklist/en_tasklist.txt": 224,
    "tasklist/en_tasklist_fo_csv.csv": 382,
    "tasklist/en_tasklist_v_fo_csv_utf16.csv": 225,
}


def facts(run: Run, name: str, folder: Path) -> dict[str, Any]:
    assert run("collect", CORPUS / name, "-o", folder / "x.json").code == 0
    snapshot: dict[str, Any] = json.loads((folder / "x.json").read_bytes())
    return snapshot


@needs_corpus
@pytest.mark.parametrize("name", STORES)
def test_a_real_policy_gives_the_rules_that_others_counted(run: Run, tmp_path: Path, name: str) -> None:
    fw_rules = facts(run, name, tmp_path)["firewall_rules"]
    assert Counter(fw_rule["store"] for fw_rule in fw_rules) == STORES[name]


@needs_corpus
@pytest.mark.parametrize("name", SOCKETS)
def test_a_real_listing_gives_the_sockets_that_others_counted(run: Run, tmp_path: Path, name: str) -> None:
    listeners = facts(run, name, tmp_path)["listeners"]
    assert Counter(listener["protocol"] for listener in listeners) == SOCKETS[name]


@needs_corpus
@pytest.mark.parametrize("name", PROCESSES)
def test_a_real_listing_gives_the_processes_that_others_counted(run: Run, tmp_path: Path, name: str) -> None:
    assert len(facts(run, name, tmp_path)["processes"]) == PROCESSES[name]
