"""A registry export loses the secrets of programs, and nothing else; it reads as the masked keys do."""

from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanner.masked_export import masked_export
from scanner.masking import masked_key
from scanner.model import Origin, Problem
from scanner.parsers.reg_file import parse_reg
from scanner.parsers.reg_render import render_reg
from scanner.parsers.text import decode
from scanner.registry_key import RegistryKey
from scanner.registry_paths import FIREWALL_POLICY, GPO_FIREWALL_POLICY, HKLM, SERVICES, is_firewall_key
from tests.corpus import CORPUS, needs_corpus

HERE = Origin(source="x.reg")
PROGRAM = rf"{HKLM}\SOFTWARE\Geomant Call Center Solutions\GeoCampaign"
SAMPLES = Path(__file__).resolve().parents[2] / "samples"
HEAD = "Windows Registry Editor Version 5.00\r\n\r\n"


def wide(text: str) -> str:
    return (text + "\0").encode("utf-16-le").hex(",")


def export(*lines: str, path: str = PROGRAM, head: str = HEAD) -> str:
    return head + f"[{path}]\r\n" + "".join(f"{line}\r\n" for line in lines) + "\r\n"


def read(data: bytes) -> list[RegistryKey | Problem]:
    return list(parse_reg(decode(data), HERE))


LINES = [  # as it stands, as it may leave the host
    ('"DbPassword"="Xk7 \\"geheim\\\\"', '"DbPassword"="***"'),
    ('  "Db Pwd" = "kept: a name holds no blank"', '  "Db Pwd" = "kept: a name holds no blank"'),
    ('"Dsn"="Server=h;Pwd=Xk7!geheim;x=\\"1\\""', '"Dsn"="Server=h;Pwd=***;x=\\"1\\""'),
    ('@="http://sa:Xk7geheim@h:9900" ; note', '@="http://sa:***@h:9900" ; note'),
    (
        '"ImagePath"="\\"C:\\\\S\\\\s.exe\\" -password \\"Xk7 geheim\\" -port 1"',
        '"ImagePath"="\\"C:\\\\S\\\\s.exe\\" -password \\"***\\" -port 1"',
    ),
    (
        f'"ImagePath"=hex(2):{wide("s.exe -pwd Xk7geheim -p 1")}',
        f'"ImagePath"=hex(2):{wide("s.exe -pwd *** -p 1")}',
    ),
    (
        f'"Options"=hex(7):{wide("-Da.password=Xk7geheim")},{wide("-Db=1")},00,00',
        f'"Options"=hex(7):{wide("-Da.password=***")},{wide("-Db=1")},00,00',
    ),
    (f'"Secret"=hex(1):{wide("Xk7geheim")[:24]},\\\r\n  {wide("Xk7geheim")[24:]}', '"Secret"="***"'),
    ('"SecretBlob"=hex:58,6b,37', '"SecretBlob"="***"'),
    ('"Secret"=hex:41', '"Secret"="***"'),
    ('"Secret"=hex(1):41', '"Secret"="***"'),
    ('"Secret"=hex:,', '"Secret"=hex:2a,'),
    # what could not be read before, nor can be now
    ('"SecretBlob"=hex:58,6b,\\\r\n  37,', '"SecretBlob"=hex:2a,'),
    (f'"ImagePath"=hex(2):{wide("s.exe -pwd Xk7")},', f'"ImagePath"=hex(2):{wide("s.exe -pwd ***")},'),
    ('"DbPassword"="Xk7geheim', '"DbPassword"=***'),
    ('"Secret"=hex:58,6b,\\', '"Secret"=***'),
    (
        '"Secret"=hex:58,zz,\\\r\n  6b,zz,\\\r\n  37,zz\r\n"Port"=1x',
        '"Secret"=***\r\n***\r\n***\r\n"Port"=1x',
    ),
    ('"ImagePath"="s.exe -password Xk7geheim', '"ImagePath"="s.exe -password ***'),
]
PLAIN = [
    '"Lync_Recorder_Port"=dword:000026f3',
    '"PasswordAge"=dword:00000007',
    '"SecretNumber"=hex(b):01,00,00,00,00,00,00,00',
    '"TokenPort"="9911"',
    '"TaoNamingServiceOptions"="-ORBListenEndpoints iiop://:9999/portspan=5"',
    f'"Options"=hex(7):{wide("-Da=1")},00,00',
    f'"Options"=hex(7):{wide("-Da=1")},\\\r\n  00,00,',
    '"Blob"=hex:50,77,64,3d,58,6b,37',
    '"Odd"=hex(2):70,00,7',
    '"Password"=-',
    "; a comment",
    r"; absent: [HKEY_LOCAL_MACHINE\SOFTWARE\ACE]",
    "garbled",
    # no secret is there
    '"Password"=""',
    '"Password"=" "',
    '"Secret"=hex:',
    '"Secret"=hex(2):00,00',
    '"Secret"=hex(7):00,00,00,00',
]


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-8-sig", "cp1252"])
@pytest.mark.parametrize(("line", "left"), LINES)
def test_a_secret_goes_and_all_else_stays(line: str, left: str, encoding: str) -> None:
    before, after = (export('"é"="ü"', each, '"Last"="9901"').encode(encoding) for each in (line, left))
    if encoding == "utf-16":
        assert before.startswith(b"\xff\xfe")
    assert masked_export(before) == after
    assert masked_export(after) == after


@pytest.mark.parametrize("line", PLAIN)
@pytest.mark.parametrize("tail", [b"", b"x"])
def test_what_is_no_secret_stays_byte_for_byte(line: str, tail: bytes) -> None:
    data = export(line).encode("utf-16") + tail
    assert masked_export(data) == data


@pytest.mark.parametrize(
    "path",
    [
        rf"{FIREWALL_POLICY}\FirewallRules",
        FIREWALL_POLICY.replace("CurrentControlSet", "ControlSet002"),
        rf"{GPO_FIREWALL_POLICY}\FirewallRules",
        GPO_FIREWALL_POLICY.replace(HKLM, "HKLM").upper(),
    ],
)
def test_the_firewall_s_own_keys_stay_byte_for_byte(path: str) -> None:
    kept = export(*(line for line, _ in LINES), path=path)
    data = (kept + export('"Pwd"="Xk7"', head="") + export('"Pwd"="Xk7"', path=path, head="")).encode(
        "utf-16"
    )
    assert masked_export(data) == data.replace(
        export('"Pwd"="Xk7"', head="").encode("utf-16-le"), export('"Pwd"="***"', head="").encode("utf-16-le")
    )


@pytest.mark.parametrize(
    "path", [rf"{SERVICES}\X", rf"{HKLM}\SOFTWARE\Firewall Inc", rf"{SERVICES}\SharedAccessX"]
)
def test_another_key_is_a_program_s(path: str) -> None:
    assert not is_firewall_key(path)
    assert "Xk7" not in masked_export(export('"Pwd"="Xk7"', path=path).encode("utf-16")).decode("utf-16")


def test_a_section_that_cannot_be_read_is_whose_it_names() -> None:
    torn = f'{HEAD}[{FIREWALL_POLICY}\\Fire\r\n"Pwd"="Xk7"\r\n[{PROGRAM}\r\n"Pwd"="Xk7"\r\n'
    assert masked_export(torn.encode("utf-16")).decode("utf-16") == torn[:-6] + '***"\r\n'


def test_values_above_any_section_are_a_program_s() -> None:
    assert masked_export(f'{HEAD}"Pwd"="Xk7"\r\n'.encode()) == f'{HEAD}"Pwd"="***"\r\n'.encode()


def test_the_bytes_of_regedit_4_are_those_of_a_code_page() -> None:
    text = export(
        f'"Dsn"=hex(2):{"Server=h;Pwd=Xk7é;x=é".encode("cp1252").hex(",")},00', head="REGEDIT4\r\n\r\n"
    )
    (key,) = read(masked_export(text.encode("cp1252")))
    assert isinstance(key, RegistryKey)
    assert key.values == (("Dsn", "Server=h;Pwd=***;x=é"),)


TEXTS = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=12)
PIECES = st.sampled_from(
    ["-password ", "Pwd=", '"', "geheim", ";", " ", "\\", "://a:", "@", "\r\n", "x", "="]
)
DATA = (
    TEXTS
    | st.lists(PIECES, max_size=8).map("".join)
    | st.integers(0, 2**64 - 1)
    | st.binary(max_size=6)
    | st.lists(st.lists(PIECES, min_size=1, max_size=4).map("".join), max_size=3).map(tuple)
)
NAMES = st.sampled_from(["Password", "Db.Pwd", "Port", "ImagePath", "", 'a"b\\', "tokenPort"])
KEYS = st.builds(
    lambda path, values: RegistryKey(path=path, values=tuple(values), origin=HERE),
    st.sampled_from([PROGRAM, FIREWALL_POLICY, rf"{SERVICES}\X"]),
    st.lists(st.tuples(NAMES, DATA), max_size=4),
)


@given(st.lists(KEYS, max_size=4))
def test_the_masked_export_reads_as_the_masked_keys_do(keys: list[RegistryKey]) -> None:
    exported = render_reg(keys)
    plain = read(exported)
    masked = [masked_key(key) if isinstance(key, RegistryKey) else key for key in plain]
    expected = [
        before if isinstance(before, RegistryKey) and is_firewall_key(before.path) else after
        for before, after in zip(plain, masked, strict=True)
    ]
    left = read(masked_export(exported))
    assert [placeless(item) for item in left] == [placeless(item) for item in expected]
    assert masked_export(masked_export(exported)) == masked_export(exported)


def placeless(item: RegistryKey | Problem) -> RegistryKey | Problem:
    """A value that took several lines takes one when it is masked."""
    return msgspec.structs.replace(item, origin=HERE)


@given(st.binary() | st.text(max_size=80).map(lambda text: (HEAD + text).encode("utf-16")))
def test_any_bytes_are_masked_without_error(data: bytes) -> None:
    assert masked_export(masked_export(data)) == masked_export(data)


def exports() -> list[Path]:
    real = (CORPUS / "reg").glob("*.reg") if CORPUS.is_dir() else ()
    return sorted([*SAMPLES.rglob("*.reg"), *real])


@needs_corpus
def test_every_real_export_reads_as_before() -> None:
    found = exports()
    assert len(found) > 5
    for path in found:
        data = path.read_bytes()
        assert masked_export(data) == data, path.name
