"""Reads a PowerShell script as a tree and says what it may not do: written-out lists of all that it may.

No PowerShell engine runs here, so the collector is kept to what this understands: the grammar of PowerShell
2.0, the commands, types and members below, and writing only through the paths that one function makes.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import tree_sitter_pwsh
from tree_sitter import Language, Node, Parser


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# Every kind of node and word that the script may be made of; none is newer than PowerShell 2.0.
SYNTAX = _words(
    """
    additive_argument_expression additive_expression argument_expression argument_expression_list
    argument_list array_expression array_literal_expression array_type_name assignment_expression
    assignment_operator assignment_value attribute attribute_list cast_expression catch_clause
    catch_clauses catch_type_list command command_argument_sep command_elements
    command_invocation_operator command_name command_name_expr command_parameter comment
    comparison_expression comparison_operator decimal_integer_literal element_access else_clause
    elseif_clause elseif_clauses expandable_string_literal expression_with_unary_operator finally_clause
    flow_control_statement foreach_statement format_expression format_operator function_name
    function_parameter_declaration function_statement generic_token hash_entry hash_literal_body
    hash_literal_expression hexadecimal_integer_literal if_statement integer_literal
    invocation_expression key_expression left_assignment_expression logical_expression member_access
    member_name merging_redirection_operator param_block parameter_list parenthesized_expression
    path_command_name pipeline pipeline_chain program real_literal redirection requires_argument
    requires_argument_group requires_directive_list requires_keyword requires_statement script_block
    script_block_body script_block_expression script_parameter script_parameter_default simple_name
    statement_block statement_list string_literal try_statement type_identifier type_literal type_name
    type_spec unary_expression variable verbatim_here_string_characters verbatim_string_characters
    while_condition while_statement " $_ & ( ) + , - . 2>&1 :: ; = @( @{ [ ] { | } -and -cmatch
    -cnotmatch -eq -f -ge -gt -is -lt -match -ne -not -notmatch -or catch continue else elseif exit
    finally foreach function if in param return throw try while
    """
) | {" "}

# Commands of the system; the script's own functions come on top.
COMMANDS = _words(
    """
    Add-Type ForEach-Object Get-CimInstance Get-NetConnectionProfile Get-NetIPAddress
    Get-NetTCPConnection Get-NetUDPEndpoint Get-Process New-Object Remove-Item Where-Object Write-Output
    Write-Warning
    """
)

# Commands that could do more than this script may, and every way in which it may call them.
INVOCATIONS = {
    "Remove-Item": {
        "Remove-Item -LiteralPath $script:Folder -Recurse -Force -ErrorAction Continue",
        "Remove-Item -LiteralPath ($script:Folder + '.zip') -Force -ErrorAction SilentlyContinue",
        "Remove-Item -LiteralPath ([System.IO.Path]::GetDirectoryName($target)) -Recurse -Force",
    },
    "Add-Type": {
        "Add-Type -AssemblyName System.IO.Compression",
        "Add-Type -AssemblyName System.IO.Compression.FileSystem",
    },
    "&": {
        "& $StepWork",
        "& $script:RegExe export ('HKLM\\' + $Path) $target /y $view 2>&1",
        "& $script:NetshExe int $Words[0] show $Words[1] $Words[2] 2>&1",
        "& $script:NetstatExe -ano 2>&1",
    },
}
PIPED = frozenset({"ForEach-Object", "Where-Object"})
COMPILED = '[System.Runtime.InteropServices.DllImport("advapi32.dll", CharSet ='
OBJECTS = _words(
    """
    System.Collections.ArrayList System.IO.FileInfo System.IO.FileStream System.IO.MemoryStream
    System.Security.Cryptography.SHA256CryptoServiceProvider System.Security.Principal.WindowsPrincipal
    System.Text.RegularExpressions.Regex System.Text.StringBuilder System.Text.UTF8Encoding
    System.Text.UnicodeEncoding
    """
)
STATIC = _words(
    """
    CEAudit.KeyTime::RegQueryInfoKeyW Microsoft.Win32.RegistryKey::OpenBaseKey
    System.BitConverter::GetBytes System.BitConverter::ToString System.Diagnostics.Stopwatch::StartNew
    System.Environment::ExpandEnvironmentVariables System.Environment::GetEnvironmentVariable
    System.IO.Compression.ZipFile::Open System.IO.Compression.ZipFileExtensions::CreateEntryFromFile
    System.IO.Directory::CreateDirectory System.IO.Directory::Exists System.IO.Directory::GetFiles
    System.IO.File::Exists System.IO.File::GetAttributes System.IO.File::ReadAllBytes
    System.IO.File::WriteAllBytes System.IO.File::WriteAllText System.IO.Path::Combine
    System.IO.Path::GetDirectoryName System.IO.Path::GetFileNameWithoutExtension
    System.Security.Cryptography.SHA256::Create System.Security.Principal.WindowsIdentity::GetCurrent
    System.Text.Encoding::GetEncoding System.TimeSpan::FromSeconds datetime::FromFileTimeUtc
    regex::IsMatch regex::Matches regex::Replace string::Join
    """
)
MEMBERS = _words(
    """
    Add Append ComputeHash Contains CopyTo DangerousGetHandle Dispose EndsWith GetBytes GetString
    GetSubKeyNames GetUnresolvedProviderPathFromPSPath GetValue GetValueKind GetValueNames IndexOf
    IsInRole LastIndexOf OpenSubKey Replace Sort Split StartsWith Substring ToArray ToLowerInvariant
    ToString ToUniversalTime ToUpperInvariant Trim TrimEnd TrimStart
    """
)

# Members that write, and the arguments they may have: `$target` comes from Get-BundlePath alone.
WRITES = {
    "System.IO.File::WriteAllBytes": {"($target, $Data)"},
    "System.IO.File::WriteAllText": {"($target, $Text, $Encoding)"},
    "System.IO.Directory::CreateDirectory": {
        "($script:Folder)",
        "([System.IO.Path]::GetDirectoryName($path))",
    },
    "System.IO.Compression.ZipFile::Open": {"($script:Folder + '.zip', $create)"},
    "System.IO.Compression.ZipFileExtensions::CreateEntryFromFile": {"($archive, $path, $name)"},
}
ASSIGNED = {
    "$target": re.compile(r"Get-BundlePath (\$Name|'work/compiler')"),
    "$script:folder": re.compile(r"\[System\.IO\.Path\]::Combine\(\$script:Output, \('[^'\\/]+' -f .*\)\)"),
    "$script:output": re.compile(r"\$ExecutionContext\.SessionState\.Path\.\w+\(\$OutputFolder\)"),
    "$script:regexe": re.compile(r"\[System\.IO\.Path\]::Combine\(\$windows, \$system, 'reg\.exe'\)"),
    "$script:netshexe": re.compile(r"\[System\.IO\.Path\]::Combine\(\$windows, \$system, 'netsh\.exe'\)"),
    "$script:netstatexe": re.compile(r"\[System\.IO\.Path\]::Combine\(\$windows, \$system, 'netstat\.exe'\)"),
    "$windows": re.compile(
        r"\[System\.Environment\]::GetEnvironmentVariable\('SystemRoot'\)|Get-CimInstance .*"
    ),
    "$system": re.compile(r"'(System32|Sysnative)'"),
    "$open": re.compile(r"\[System\.IO\.FileMode\]::Open"),
    "$read": re.compile(r"\[System\.IO\.FileAccess\]::Read"),
    "$env:tmp": re.compile(r"\[System\.IO\.Path\]::GetDirectoryName\(\$target\)|\$kept\[0\]"),
    "$env:temp": re.compile(r"\$env:TMP|\$kept\[1\]"),
}
READ_ONLY_VARIABLES = _words(
    """
    $args $error $event $executioncontext $false $foreach $home $host $input $matches $myinvocation $null $pid
    $profile $pshome $psitem $psscriptroot $psversiontable $pwd $sender $shellid $this $true $_
    """
)
_STRING_SCOPE = re.compile(r"\$[A-Za-z_]\w*:(?![A-Za-z_:])")
_PATH_WRITTEN = """
    if ($Name -match '(^|/)\\.*(/|$)' -or $Name -match '[:*?"<>|\\\\]') {
        throw ('not a name for a file of the bundle: {0}' -f $Name)
    }
    $path = [System.IO.Path]::Combine($script:Folder, $Name.Replace('/', '\\'))
    [void][System.IO.Directory]::CreateDirectory([System.IO.Path]::GetDirectoryName($path))
    return $path
"""

Complain = Callable[[Node, str, frozenset[str]], Iterator[str]]


def complaints(script: str) -> list[str]:
    """What the script may not hold, each with its line; empty where it may run on a stranger's server."""
    if not script.isascii():
        return ["not ASCII"]
    root = Parser(Language(tree_sitter_pwsh.language())).parse(script.encode()).root_node
    nodes = list(_nodes(root))
    names = [_text(node) for node in nodes if node.type == "function_name"]
    functions = frozenset(names)
    found = [
        f"line {node.start_point.row + 1}: {complaint}"
        for node in nodes
        for complaint in _COMPLAIN.get(node.type, _no_complaint)(node, _text(node), functions)
    ]
    found += [f"line {n.start_point.row + 1}: syntax: {_text(n)[:60]}" for n in nodes if _is_foreign(n)]
    if len(functions) < len(names) or functions & COMMANDS:
        found.append("a function is defined twice, or in the place of a command")
    if _PATH_WRITTEN not in script:
        found.append("Get-BundlePath is not the function that was read")
    return found


def _nodes(node: Node) -> Iterator[Node]:
    yield node
    for child in node.children:
        yield from _nodes(child)


def _text(node: Node) -> str:
    return (node.text or b"").decode()


def _is_foreign(node: Node) -> bool:
    return node.is_error or node.is_missing or node.type not in SYNTAX


def _no_complaint(node: Node, text: str, functions: frozenset[str]) -> Iterator[str]:
    yield from ()


def _command(node: Node, text: str, functions: frozenset[str]) -> Iterator[str]:
    name = _text(node.named_children[0])
    if name not in COMMANDS | functions | {"&"}:
        yield f"command {name}"
    if name in INVOCATIONS and text.strip() not in INVOCATIONS[name]:
        is_reader = text.startswith(
            "Add-Type -Namespace CEAudit -Name KeyTime -MemberDefinition @'\n" + COMPILED
        )
        if not (is_reader and text.count("extern") == text.count("RegQueryInfoKeyW") == text.count(";") == 1):
            yield f"invocation {text}"
    if name in PIPED and not text.startswith(f"{name} {{"):  # else it calls a member of what comes along
        yield f"invocation {text}"
    if name == "New-Object" and text.split()[1] not in OBJECTS:
        yield f"object {text}"
    if "FileStream" in text and text.strip().count("-ArgumentList @($Path, $open, $read, $share)") != 1:
        yield f"stream {text}"


def _invocation(node: Node, text: str, functions: frozenset[str]) -> Iterator[str]:
    member = next(_text(child) for child in node.named_children if child.type == "member_name")
    arguments = _text(node.named_children[-1])
    if any(child.type == "::" for child in node.children):
        name = f"{_text(node.named_children[0])[1:-1]}::{member}"
        if name not in STATIC or arguments not in WRITES.get(name, {arguments}):
            yield f"call {text}"
    # a second argument asks for a key to write to
    elif member not in MEMBERS or (member == "OpenSubKey" and "," in arguments):
        yield f"call {text}"


def _assignment(node: Node, text: str, functions: frozenset[str]) -> Iterator[str]:
    left = _text(node.named_children[0]).casefold()
    right = _text(node.named_children[-1])
    if "," in left or left in READ_ONLY_VARIABLES or (left.startswith("$env:") and left not in ASSIGNED):
        yield f"assignment {text}"
    if left in ASSIGNED and not ASSIGNED[left].fullmatch(right):
        yield f"assignment {text}"
    target = node.named_children[0].named_children[0].named_children[0]
    if target.type == "member_access":
        yield f"property {text}"


def _bound(node: Node, text: str, functions: frozenset[str]) -> Iterator[str]:
    """A loop or a parameter that sets one of the variables on which writing rests."""
    bound = next((child for child in node.named_children if child.type == "variable"), None)
    if bound is not None and _text(bound).casefold() in ASSIGNED:
        yield f"variable {text[:60]}"


def _redirection(node: Node, text: str, functions: frozenset[str]) -> Iterator[str]:
    if text.strip() != "2>&1":
        yield f"redirection {text}"


def _string(node: Node, text: str, functions: frozenset[str]) -> Iterator[str]:
    if _STRING_SCOPE.search(text):  # read as a scope, not as a variable before a colon
        yield f"string {text}"


def _try(node: Node, text: str, functions: frozenset[str]) -> Iterator[str]:
    if not {"catch_clauses", "finally_clause"} & {child.type for child in node.children}:
        yield "try without catch or finally"


def _hash(node: Node, text: str, functions: frozenset[str]) -> Iterator[str]:
    keys = [
        _text(entry.named_children[0]).casefold()
        for entry in node.named_children
        if entry.type == "hash_entry"
    ]
    yield from (f"key {key} twice" for key in set(keys) if keys.count(key) > 1)


_COMPLAIN: dict[str, Complain] = {
    "command": _command,
    "invocation_expression": _invocation,
    "assignment_expression": _assignment,
    "foreach_statement": _bound,
    "script_parameter": _bound,
    "redirection": _redirection,
    "expandable_string_literal": _string,
    "try_statement": _try,
    "hash_literal_body": _hash,
}
