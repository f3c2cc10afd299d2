"""`--site` from end to end on the samples: read, judged, reported, verified again; and `init`."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from tests.ce_audit.command import CORE, SAMPLES, Run, run_in

DRIFTED = SAMPLES / "drifted-core"
AGENT = Path("config/D/Program Files/Contact Expert/Services/ServerAgent/ServerAgent.Config.xml")
OURS = """
[severity]
disabled-firewall-rule = "low"
[[check_off]]
check = "removed-component"
reason = "The SMS parts go in June."
"""


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    return run_in(capsys)


def site(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "site.toml"
    path.write_text(text, encoding="utf-8")
    return path


def scanned(run: Run, evidence: Path, out: Path, *options: object) -> dict[str, Any]:
    done = run("scan", evidence, "-o", out, "-f", "json", "--exit-zero", *options)
    assert done.code == 0, done.err
    found: dict[str, Any] = json.loads((out / "results.json").read_bytes())
    return found


def result_of(results: dict[str, Any], check: str) -> dict[str, Any]:
    return next(found for found in results["results"] if found["check"] == check)


def configured(results: dict[str, Any], component: str) -> list[int]:
    return next(row["configured"] for row in results["endpoints"] if row["component"] == component)


def opaque(tmp_path: Path) -> Path:
    """The compliant core, with the License Server's port where only the site can know it."""
    evidence = tmp_path / "evidence"
    shutil.copytree(CORE, evidence)
    for unsealed in ("manifest.json", "recording-channels.csv"):
        (evidence / unsealed).unlink()
    path = evidence / AGENT
    text = path.read_text(encoding="utf-8-sig")
    options = (
        "-ORBInitRef NameService=corbaloc:iiop:CE-CORE01:9999/NameService -ORBListenEndpoints iiop://:9900"
    )
    assert text.count(options) == 1
    path.write_text(text.replace(options, "quay 9900 left"), encoding="utf-8")
    return evidence


def test_severities_and_checks_that_are_off_change_the_results_and_every_report_says_so(
    run: Run, tmp_path: Path
) -> None:
    file = site(tmp_path, OURS)
    results = scanned(run, DRIFTED, tmp_path / "out", "--site", file)
    off = result_of(results, "removed-component")
    assert (off["status"], off["reason"]) == (
        "not-applicable",
        "switched off by the site: The SMS parts go in June.",
    )
    assert {found["severity"] for found in result_of(results, "disabled-firewall-rule")["findings"]} == {
        "low"
    }
    assert len(results["site"]) == 2
    shown = run("report", tmp_path / "out" / "results.json", "-o", tmp_path / "again", "-f", "html")
    assert shown.code == 0
    page = (tmp_path / "again" / "report.html").read_text(encoding="utf-8")
    assert '<section id="site"' in page
    assert page.count("The SMS parts go in June.") >= 2
    assert (
        "The SMS parts go in June."
        in run("scan", DRIFTED, "-o", tmp_path / "o", "-f", "json", "--site", file).out
    )


def test_without_a_site_file_no_report_speaks_of_one(run: Run, tmp_path: Path) -> None:
    done = run("scan", DRIFTED, "-o", tmp_path, "-f", "html")
    assert "What the site states" not in done.out
    assert 'id="site"' not in (tmp_path / "report.html").read_text(encoding="utf-8")


def test_the_environment_names_the_site_file_too(run: Run, tmp_path: Path) -> None:
    done = run(
        "scan",
        DRIFTED,
        "-o",
        tmp_path,
        "-f",
        "json",
        environment={"CE_AUDIT_SITE": str(site(tmp_path, OURS))},
    )
    assert done.code == 1
    assert json.loads((tmp_path / "results.json").read_bytes())["site"]


def test_a_port_is_read_where_the_site_says_it_stands(run: Run, tmp_path: Path) -> None:
    evidence = opaque(tmp_path)
    assert configured(scanned(run, evidence, tmp_path / "a"), "LicenseServer") == []
    xpath = "substring-before(substring-after(//Server[@Name='LicenseServer']/Arguments, 'quay '), ' ')"
    file = site(tmp_path, f'[[port_location]]\ncomponent = "LicenseServer"\nxpath = "{xpath}"')
    assert configured(scanned(run, evidence, tmp_path / "b", "--site", file), "LicenseServer") == [9900]


def test_an_xpath_that_finds_nothing_is_never_a_pass(run: Run, tmp_path: Path) -> None:
    file = site(tmp_path, '[[port_location]]\ncomponent = "LicenseServer"\nxpath = "//Nothing"')
    results = scanned(run, CORE, tmp_path / "out", "--site", file)
    assert results["verdict"] == "not-proven"
    assert "the XPath of the site file finds nothing" in json.dumps(results)


def test_collected_with_the_site_file_the_snapshot_holds_what_it_states(run: Run, tmp_path: Path) -> None:
    evidence = opaque(tmp_path)
    channels = "[[recording_channel]]\nchannel='T'\nrecorder='sip'\nmedia_port=31000\ncontrol_port=31001\n"
    file = site(tmp_path, channels)
    snapshot = tmp_path / "snapshot.json"
    assert run("collect", evidence, "-o", snapshot, "--site", file).code == 0
    found = json.loads(snapshot.read_bytes())["configured_ports"]
    sip = next(each for each in found if each["component"] == "telephony-recorder-sip")
    assert [each["port"] for each in sip["endpoints"]] == [31000, 31001]
    assert sip["origin"] == {"source": "site.toml", "locator": "line 1"}

    done = run("scan", snapshot, "-o", tmp_path / "out", "-f", "json", "--site", file)
    said = f"{snapshot} was collected already: recording_channel of the site file mean nothing to it"
    assert said in done.err.splitlines()
    assert said not in run("scan", evidence, "-o", tmp_path / "out", "-f", "json", "--site", file).err


def test_judging_again_needs_the_same_site_file(run: Run, tmp_path: Path) -> None:
    file = site(tmp_path, OURS)
    scanned(run, DRIFTED, tmp_path / "out", "--site", file)
    results = tmp_path / "out" / "results.json"
    assert run("verify", results, "--reperform", "--site", file).code == 0
    forgotten = run("verify", results, "--reperform")
    assert forgotten.code == 2
    assert "name it with --site" in forgotten.error
    other = tmp_path / "other.toml"
    other.write_text(OURS.replace("low", "info"), encoding="utf-8")
    assert run("verify", results, "--reperform", "--site", other).code == 4


def test_the_surface_is_weighed_against_the_networks_that_the_site_states(run: Run, tmp_path: Path) -> None:
    file = site(tmp_path, '[network]\nce_servers = ["10.0.0.0/8"]')
    done = run("why", CORE, "--surface", "-f", "json", "--site", file)
    assert {row["servers"] for row in json.loads(done.out)["reachable"]} <= {"all", "some", "none"}
    assert run("why", CORE, "--port", "9999", "--site", file).code == 0
    assert run("doctor", CORE, "--site", file).code == 0


@pytest.mark.parametrize(
    "verb",
    [
        ("scan", CORE, "-o", "OUT"),
        ("collect", CORE, "-o", "OUT/s.json"),
        ("verify", CORE, "--reperform", "--results", CORE / "expected.json"),
        ("why", CORE, "--surface"),
        ("why", CORE, "--port", "9999"),
        ("doctor", CORE),
    ],
)
def test_a_wrong_site_file_stops_every_verb_before_anything_is_written(
    run: Run, tmp_path: Path, verb: tuple[object, ...]
) -> None:
    file = site(tmp_path, "role = 'core-server'\nexpected_profil = 'domain'\n")
    arguments = [str(word).replace("OUT", str(tmp_path / "out")) for word in verb]
    done = run(*arguments, "--site", file)
    assert (done.code, done.out) == (2, "")
    assert "site.toml:2: unknown key expected_profil; " in done.error
    assert "did you mean expected_profile?" in done.error
    assert not (tmp_path / "out").exists()


def test_a_site_file_that_is_not_there_is_told(run: Run, tmp_path: Path) -> None:
    done = run("scan", CORE, "--site", tmp_path / "none.toml", "-o", tmp_path / "out")
    assert done.code == 2
    assert "none.toml" in done.error


def test_the_role_option_comes_before_the_file(run: Run, tmp_path: Path) -> None:
    file = site(tmp_path, "role = 'operator-pc'")
    assert scanned(run, CORE, tmp_path / "a", "--site", file)["host"]["role"] == "operator-pc"
    results = scanned(run, CORE, tmp_path / "b", "--site", file, "--role", "core-server")
    assert results["host"]["role"] == "core-server"


@pytest.mark.parametrize(
    "sample", sorted(path.name for path in SAMPLES.iterdir() if (path / "host.json").is_file())
)
def test_the_first_site_file_changes_nothing(run: Run, tmp_path: Path, sample: str) -> None:
    file = tmp_path / "first.toml"
    done = run("init", SAMPLES / sample, "-o", file)
    assert (done.code, done.out) == (0, "")
    assert f"wrote {file}" in done.err
    scanned(run, SAMPLES / sample, tmp_path / "without")
    scanned(run, SAMPLES / sample, tmp_path / "with", "--site", file)
    for name in ("results.json", "snapshot.json"):
        assert (tmp_path / "with" / name).read_bytes() == (tmp_path / "without" / name).read_bytes()


def test_init_never_overwrites_a_file(run: Run, tmp_path: Path) -> None:
    file = site(tmp_path, "mine")
    done = run("init", CORE, "-o", file)
    assert done.code == 2
    assert done.error.startswith(f"{file}: is there already, and is not overwritten")
    assert file.read_text(encoding="utf-8") == "mine"


def test_init_of_what_is_no_evidence_writes_nothing(run: Run, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    assert run("init", tmp_path / "empty", "-o", tmp_path / "site.toml").code == 2
    assert not (tmp_path / "site.toml").exists()
