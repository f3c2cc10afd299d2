"""The collector as a tree: it parses, calls an allow-list, writes below its folder, repeats our lists."""

import re
from collections.abc import Callable
from importlib import resources

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ce_audit import __version__
from rules.catalogue.loader import load_catalogue, port_locations
from scanner.masking import masked, masked_command
from scanner.registry_paths import KEYS_OF_INTEREST
from scanner.windows import COLLECTOR_SCRIPT, collector_script
from scripts.generate_collector import with_generated_block
from tests.scanner.masking_cases import COMMANDS, PLAIN, SECRETS
from tests.scanner.windows.powershell_audit import complaints

SCRIPT = collector_script()


def test_the_script_holds_nothing_but_what_is_allowed() -> None:
    assert complaints(SCRIPT) == []


@pytest.mark.parametrize(
    "line",
    [
        # commands that change a host, fetch from a network, run text, or write files
        "Set-Content C:\\x.txt 'x'",
        "Invoke-Expression $OutputFolder",
        "Invoke-WebRequest http://example.org",
        "New-NetFirewallRule -Name x",
        "Set-NetFirewallProfile -Enabled False",
        "Remove-NetFirewallRule -Name x",
        "Start-Process notepad.exe",
        "Out-File x.txt",
        "$x = Get-Content x.txt",
        "Remove-Item C:\\Windows -Recurse",
        "Remove-Item -LiteralPath $script:Output -Recurse -Force",
        "Add-Type -TypeDefinition 'class A { }'",
        "Add-Type -Namespace CEAudit -Name KeyTime -MemberDefinition $OutputFolder",
        # aliases
        "iex 'x'",
        "ls",
        "Get-Process | % { $_ }",
        "Get-Process | ? { $_ }",
        "Get-Process | ForEach-Object Kill",
        "Get-Process | ForEach-Object -MemberName Kill",
        # programs and blocks by another name
        "[scriptblock]::Create('x')",
        "$ExecutionContext.InvokeCommand.InvokeScript('x')",
        "$x = $y.$z()",
        "$x = New-Object -ComObject x",
        "& 'x.exe'",
        ". $StepWork",
        "netsh.exe advfirewall set allprofiles state off",
        "& $script:NetshExe advfirewall set allprofiles state off",
        "& $script:RegExe add HKLM\\SOFTWARE\\x /f",
        "& $script:RegExe export ('HKLM\\' + $Path) C:\\x.reg /y",
        "$script:RegExe = 'C:\\x.exe'",
        # writing through .NET
        "[System.IO.File]::WriteAllText($path, 'x', $Encoding)",
        "[System.IO.File]::WriteAllBytes('C:\\x', $Data)",
        "[System.IO.File]::Delete('C:\\x')",
        "[System.IO.Directory]::CreateDirectory('C:\\x')",
        "[System.IO.Compression.ZipFile]::Open('C:\\x.zip', $create)",
        "$stream.Write($Data, 0, 1)",
        "$x = New-Object System.IO.StreamWriter -ArgumentList @('C:\\x')",
        "$x = New-Object System.IO.FileStream -ArgumentList @($Path, 'Create')",
        "$x = New-Object System.Net.WebClient",
        "$open = [System.IO.FileMode]::Create",
        "$key.SetValue('a', 1)",
        "$key = $root.OpenSubKey($Path, $true)",
        "[System.Diagnostics.Process]::Start('x')",
        "'x' > x.txt",
        "'x' >> x.txt",
        "Get-Process 2> x.txt",
        # where it writes to
        "$target = 'C:\\x'",
        "$script:Folder = 'C:\\x'",
        "$script:Output = 'C:\\x'",
        "${script:Folder} = 'C:\\x'",
        "$x, $target = 1, 'C:\\x'",
        "$target += 'x'",
        "foreach ($target in @('C:\\x')) { }",
        "function Write-Far([string]$target) { }",
        "function Get-BundlePath { 'C:\\x' }",
        "function Add-Type { }",
        "[System.Environment]::CurrentDirectory = 'C:\\x'",
        "$x.Attributes = 'Hidden'",
        "$env:PATH = 'C:\\x'",
        "$env:TMP = 'C:\\x'",
        # constructs newer than PowerShell 2.0, and traps
        "class A { }",
        "enum A { B }",
        "if ('a' -in @('a')) { }",
        "$x = 1 -shl 2",
        "$x = [System.Text.StringBuilder]::new()",
        "Get-Process && Get-Process",
        "Get-Process || Get-Process",
        "$x = $y ?? 1",
        "$x = $y ? 1 : 2",
        "$x = $y?.Name",
        'Write-Output "$x: y"',
        "try { Get-Process }",
        "$x = @{ a = 1; A = 2 }",
        "$pid = 1",
        "$host.UI = 1",
        "$x = \u2018a\u2019",
        "if (",
    ],
)
def test_one_forbidden_line_is_caught(line: str) -> None:
    assert complaints(f"{SCRIPT}\n{line}\n")


@pytest.mark.parametrize(
    ("text", "instead"),
    [
        ("$script:Folder, $Name.Replace('/', '\\')", "'C:\\', $Name.Replace('/', '\\')"),
        ("'(^|/)\\.*(/|$)'", "'nothing'"),
        ("RegQueryInfoKeyW(\n    System.IntPtr", "RegDeleteKeyW(\n    System.IntPtr"),
        ("$target = Get-BundlePath $Name", "$target = $Name"),
    ],
)
def test_one_forbidden_change_is_caught(text: str, instead: str) -> None:
    assert text in SCRIPT
    assert complaints(SCRIPT.replace(text, instead))


def test_the_generated_block_is_current() -> None:
    assert with_generated_block(SCRIPT) == SCRIPT


def test_the_files_looked_for_are_the_catalogue_s() -> None:
    catalogue = load_catalogue()
    configurations = {location.path for location in port_locations(catalogue) if location.path}
    assert set(array("CEExecutables")) == set(catalogue.executables)
    assert set(array("CEConfigurations")) == configurations | {r"Tomcat\conf\catalina.properties"}
    assert f"$script:Version = '{__version__}'" in SCRIPT


def test_every_key_that_live_collection_reads_is_read_here_or_comes_from_elsewhere() -> None:
    elsewhere = {  # services.json, host.json; never in force
        r"SYSTEM\CurrentControlSet\Services",
        r"SYSTEM\CurrentControlSet\Control\ComputerName\ComputerName",
        r"SYSTEM\CurrentControlSet\Control\TimeZoneInformation",
        r"SOFTWARE\Microsoft\Windows NT\CurrentVersion",
        r"SYSTEM\CurrentControlSet\Services\SharedAccess\Defaults\FirewallPolicy",
    }
    read = [key.casefold() for key in re.findall(r"@?\('(S[^']+)', '[a-z0-9-]+'\)", SCRIPT)]
    for interest in KEYS_OF_INTEREST:
        path = interest.path.removeprefix("HKEY_LOCAL_MACHINE\\")
        below = [key for key in read if key.startswith(path.casefold())]
        assert below or path in elsewhere, path


def test_the_script_is_package_data() -> None:
    assert resources.files("scanner.windows").joinpath(COLLECTOR_SCRIPT.name).read_text("ascii") == SCRIPT


@pytest.mark.parametrize(("text", "left"), SECRETS)
def test_the_script_s_patterns_mask_what_python_masks(text: bytes, left: bytes) -> None:
    assert collector_masked(text) == left == masked(text)


@pytest.mark.parametrize("text", PLAIN)
def test_the_script_s_patterns_leave_what_python_leaves(text: bytes) -> None:
    assert collector_masked(text) == masked(text)


@pytest.mark.parametrize(("text", "left"), COMMANDS)
def test_the_script_masks_a_command_line_as_python_does(text: str, left: str) -> None:
    quoted = re.search(r"\(Get-MaskedText \(Edit-Text \$Text \$script:Masks\['Argument'\] (\S+)\)\)", SCRIPT)
    assert quoted is not None
    found = pattern("Argument").sub(replacement(quoted[1]), text)
    assert collector_masked(found.encode("latin-1")).decode("latin-1") == left == masked_command(text)


def test_every_service_and_registry_text_is_masked_as_a_command_line() -> None:
    assert "path = $commandLine" in SCRIPT
    assert "$commandLine = Get-MaskedCommand $service.PathName" in SCRIPT
    inner = {"Get-MaskedElement", "Get-MaskedCommand", "Get-MaskedBytes", "Get-MaskedText"}
    callers = [
        line.strip()
        for function in re.split(r"(?m)^(?=function )", SCRIPT)
        if not any(function.startswith(f"function {name}(") for name in inner)
        for line in function.splitlines()
        if "(Get-MaskedText" in line
    ]
    assert callers == []


@given(
    st.lists(
        st.sampled_from(
            [b"pass", b"Password", b"=", b'"', b"'", b"<", b">", b"/", b"\n", b" ", b"a", b";", b"-"]
        )
        | st.sampled_from(
            [b"</Password>", b"<Password>", b"value", b"uid", b"\xe9", b"\xa0", b"\x85", b":", b"@"]
        )
        | st.binary(max_size=3),
        max_size=30,
    ).map(b"".join)
)
def test_the_script_s_patterns_mask_any_text_as_python_does(text: bytes) -> None:
    # what looks like UTF-16 is decoded first on both sides, which these patterns do not concern
    text = b"#  " + text
    assert collector_masked(text) == masked(text)


def array(name: str) -> list[str]:
    """The literals of one array of the script."""
    body = SCRIPT.partition(f"$script:{name} = @(")[2].partition("\n)")[0]
    return re.findall(r"'([^']+)'", body)


def pattern(name: str) -> re.Pattern[str]:
    """One of the script's patterns, read from its own text."""
    found = re.search(rf"(?m)^    {name} = '(.*)'$", SCRIPT)
    assert found is not None
    return re.compile(found[1].replace("''", "'"))


def steps() -> list[tuple[re.Pattern[str], str]]:
    """The patterns and replacements in the order in which Get-MaskedText applies them."""
    body = SCRIPT.partition("function Get-MaskedText")[2].partition("}\n\nfunction")[0]
    return [
        (pattern(name), replacement)
        for name, replacement in re.findall(r"Edit-Text \$Text \$script:Masks\['(\w+)'\] (\S+?)\)?\n", body)
    ]


def replacement(text: str) -> Callable[[re.Match[str]], str]:
    """What .NET makes of a replacement text with $1 in it: a group that took no part is empty."""
    return lambda found: re.sub(r"\$(\d)", lambda group: found[int(group[1])] or "", text.strip("'"))


def masked_element(found: re.Match[str]) -> str:
    head, close, content = found[0].partition(">")
    head = pattern("Value").sub(replacement("$1$2$3***$2$3"), head)
    if head.endswith("/"):
        return head + close + content
    return head + pattern("Content").sub(replacement("$1***"), close + content)


def collector_masked(data: bytes) -> bytes:
    """What Get-MaskedBytes makes of a file that is not UTF-16."""
    text = data.decode("latin-1")
    for wanted, instead in steps():
        text = wanted.sub(masked_element if instead == "$element" else replacement(instead), text)
    return text.encode("latin-1")
