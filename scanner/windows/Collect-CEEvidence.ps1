<#
.SYNOPSIS
    Collects the evidence that ce-audit judges, from a host without Python. Reads only; changes nothing.
.DESCRIPTION
    Writes one .zip (layout bundle-v1) with the firewall policy of every store, sockets, processes, services,
    network profiles, port ranges, and the port settings of Contact Expert. Values that look like secrets are
    masked before they are written. What could not be read is said here and in manifest.json.

    Needs Windows PowerShell 3.0 or later (or PowerShell 7) and no module beyond the system's. Run it as
    administrator: it works without, but then says what it could not see. Everything it writes is below
    OutputFolder.
.PARAMETER OutputFolder
    Where the .zip goes; the folder of this script if omitted.
.PARAMETER InstallDirectory
    A Contact Expert directory to look into beside those that services and processes show.
.PARAMETER IncludeFirewallLog
    Also copy the firewall's log files, which hold the addresses of clients.
.EXAMPLE
    powershell.exe -NoProfile -ExecutionPolicy Bypass -File .\Collect-CEEvidence.ps1 -OutputFolder D:\Audit
#>
#requires -Version 3.0
param(
    [string]$OutputFolder = '',
    [string[]]$InstallDirectory = @(),
    [switch]$IncludeFirewallLog
)

if ([string]$ExecutionContext.SessionState.LanguageMode -ne 'FullLanguage') {
    Write-Warning 'A policy of this host confines PowerShell (constrained language): nothing was collected.'
    Write-Warning 'Collect by hand: docs/evidence.md of ce-audit lists the commands.'
    exit 2
}

$ErrorActionPreference = 'Stop'
$ProgressPreference = 'SilentlyContinue'

# BEGIN GENERATED (python -m scripts.generate_collector): the catalogue's files, masking's patterns
$script:Version = '0.1.0'
$script:CEExecutables = @(
    'Services\ServerAgent\ServerAgent.exe',
    'Services\NamingService\NT_Naming_Service.exe',
    'Services\UCMARecorderService\UCMARecorderService.exe',
    'Servers\LicenseServer\LicenseServer.exe',
    'Servers\DBConnectorServer\DBConnectorServer.exe',
    'Servers\AlarmServer\AlarmServerLoader.exe',
    'Servers\SDServer\SDServer.exe',
    'Servers\DialerServer\DialerServer.exe',
    'Servers\CampaignServer\CampaignServer.exe',
    'Servers\RuleServer\RuleServer.exe',
    'Servers\TelephonyRecorderServer\TelephonyRecorderServerLoader.exe',
    'Servers\TelephonyRecorderServer\TelephonyRecorder.CMAPI\TelephonyRecorderLoader.exe',
    'Servers\TelephonyRecorderServer\TelephonyRecorder.SIP\TelephonyRecorderLoader.exe',
    'Servers\TelephonyRecorderServer\TelephonyRecorder.UCMA\TelephonyRecorderLoader.exe',
    'Servers\IVRConnectorServer\IVRConnectorServer.exe',
    'Servers\IVRConnectorServer\IVRConnectorServer.WS.exe',
    'Servers\TelephonyConnectorServer.TSAPI\TelephonyConnectorServer.exe',
    'Servers\TelephonyConnectorServer.UCMA\TelephonyConnectorServer.exe',
    'Servers\TelephonyServer\TelephonyServer.exe',
    'Servers\SMSConnectorServer\SMSConnectorServer.exe',
    'Servers\SMSFlowServer\SMSFlowServer.exe',
    'Servers\AgentFactory\AgentFactoryLoader.exe',
    'Servers\SMSServer\SMSServer.exe',
    'Servers\EmailConnectorServer\EmailConnectorServerLoader.exe',
    'Servers\EmailServer\EmailServer.exe',
    'Servers\ChatServer\ChatServer.exe',
    'Services\ContactManager\ContactManagerService.exe',
    'Services\EmailRouterService\EmailRouterNTService.exe',
    'Services\SMSDeliveryService\SMSDeliveryService.exe',
    'Tomcat\bin\tomcat8.exe',
    'Tools\ServerManager\ServerManager.exe',
    'Servers\AgentClientApp\AgentClientApp.exe',
    'Servers\AgentClientApp.Net\AgentClientApp.exe'
)
$script:CEConfigurations = @(
    'Services\ServerAgent\ServerAgent.Config.xml',
    'Services\SMSDeliveryService\gc.sms.gw.service.ini',
    'Tomcat\conf\server.xml',
    'Tools\ServerManager\ServerManager.Config.xml',
    'Servers\AgentClientApp\AgentClientApp.config.xml',
    'Servers\AgentClientApp.Net\AgentClientApp.config.xml',
    'Tomcat\conf\catalina.properties'
)
$script:Masks = @{
    Attribute = '(?i)(?:(?<![A-Za-z0-9_])(?=[A-Za-z0-9_])|(?<=[A-Za-z0-9_])(?![A-Za-z0-9_]))((?![A-Za-z0-9_.:-]{0,60}port(?:(?<![A-Za-z0-9_])(?=[A-Za-z0-9_])|(?<=[A-Za-z0-9_])(?![A-Za-z0-9_])))[A-Za-z0-9_.:-]{0,60}(?:pass|pwd|secret|credential|token|connectionstring|keystore|truststore|accountkey|accesskey)[A-Za-z0-9_.:-]{0,60}[ \t\n\r\f\v]*=[ \t\n\r\f\v]*)(?![\"''](?:true|false|\*+)[\"''])(?!(?:\"[ \t\n\r\f\v]*\"|''[ \t\n\r\f\v]*''))(?:(")[^"]*"|('')[^'']*'')'
    Element = '(?is)(<((?![A-Za-z0-9_.:-]{0,60}port(?:(?<![A-Za-z0-9_])(?=[A-Za-z0-9_])|(?<=[A-Za-z0-9_])(?![A-Za-z0-9_])))[A-Za-z0-9_.:-]{0,60}(?:pass|pwd|secret|credential|token|connectionstring|keystore|truststore|accountkey|accesskey)[A-Za-z0-9_.:-]{0,60})(?:[ \t\n\r\f\v][^<>]*)?>)(?![ \t\n\r\f\v]*</)(?:<!\[CDATA\[.{0,4096}?\]\]>|[^<])+(</\2[ \t\n\r\f\v]*>)'
    Line = '(?im)^([ \t]*(?![A-Za-z0-9_.:-]{0,60}port(?:(?<![A-Za-z0-9_])(?=[A-Za-z0-9_])|(?<=[A-Za-z0-9_])(?![A-Za-z0-9_])))[A-Za-z0-9_.:-]{0,60}(?:pass|pwd|secret|credential|token|connectionstring|keystore|truststore|accountkey|accesskey)[A-Za-z0-9_.:-]{0,60}[ \t]*[=:](?>[ \t]*))(?![\"'']?(?:true|false|\*+)(?:[\"'']|[ \t\n\r\f\v]*$))(?!(?:\"[ \t\n\r\f\v]*\"|''[ \t\n\r\f\v]*'')(?![^ \t\n\r\f\v/>]))(?:\\\r?\n|[^\r\n])+'
    Named = '(?i)<[^<>!?/][^<>]*=[ \t\n\r\f\v]*[\"''](?![A-Za-z0-9_.:-]{0,60}port(?:(?<![A-Za-z0-9_])(?=[A-Za-z0-9_])|(?<=[A-Za-z0-9_])(?![A-Za-z0-9_])))[A-Za-z0-9_.:-]{0,60}(?:pass|pwd|secret|credential|token|connectionstring|keystore|truststore|accountkey|accesskey)[A-Za-z0-9_.:-]{0,60}[\"''][^<>]*>(?:[ \t\n\r\f\v]*<value>)?[^<]*'
    Value = '(?i)((?:(?<![A-Za-z0-9_])(?=[A-Za-z0-9_])|(?<=[A-Za-z0-9_])(?![A-Za-z0-9_]))value[ \t\n\r\f\v]*=[ \t\n\r\f\v]*)(?![\"''](?:true|false|\*+)[\"''])(?!(?:\"[ \t\n\r\f\v]*\"|''[ \t\n\r\f\v]*''))(?:(")[^"]*"|('')[^'']*'')'
    Content = '(?i)(?<=>)([ \t\n\r\f\v]*(?:<value>)?)[^< \t\n\r\f\v][^<]*'
    Inside = '(?i)((?:[A-Za-z0-9_.]{0,60}(?:password|passwd|pwd|secret|accountkey|accesskey)|user id|uid)[ \t\n\r\f\v]*=(?>[ \t]*))(?!(?:true|false|\*+)(?:[;\"''< \t\n\r\f\v]|$))(?:&[A-Za-z0-9_]+;|(?![ \t\n\r\f\v]+[-/])[^;\"''<>\r\n])+'
    Option = '(?i)((?<![^ \t\n\r\f\v\"''=>])[-/]{1,2}[A-Za-z0-9_.]{0,60}(?:password|passwd|pwd|secret|token)[A-Za-z0-9_.]{0,60}(?:[ \t]*[=:]|[ \t])[ \t]*)(?![-/])[^ \t\n\r\f\v\"''<>]+'
    Argument = '(?i)((?<![^ \t\n\r\f\v\"''=])[-/]{1,2}[A-Za-z0-9_.]{0,60}(?:password|passwd|pwd|secret|token)[A-Za-z0-9_.]{0,60}(?:[ \t]*[=:]|[ \t])[ \t]*)(?![\"''](?:true|false|\*+)[\"''])(?!(?:\"[ \t\n\r\f\v]*\"|''[ \t\n\r\f\v]*''))(?:(")[^"]*"|('')[^'']*'')'
    UserInfo = '(://[^/ \t\n\r\f\v:@\"''<>]+:)[^/ \t\n\r\f\v@\"''<>]+(?=@)'
    Name = '(?i)\A(?:(?![A-Za-z0-9_.:-]{0,60}port(?:(?<![A-Za-z0-9_])(?=[A-Za-z0-9_])|(?<=[A-Za-z0-9_])(?![A-Za-z0-9_])))[A-Za-z0-9_.:-]{0,60}(?:pass|pwd|secret|credential|token|connectionstring|keystore|truststore|accountkey|accesskey)[A-Za-z0-9_.:-]{0,60})(?![\s\S])'
}
# END GENERATED

$script:Steps = New-Object System.Collections.ArrayList
$script:Services = New-Object System.Collections.ArrayList
$script:Programs = New-Object System.Collections.ArrayList
$script:Profiles = @{}
$script:Invariant = [System.Globalization.CultureInfo]::InvariantCulture

$system = 'System32'
if ([System.Environment]::Is64BitOperatingSystem -and -not [System.Environment]::Is64BitProcess) {
    $system = 'Sysnative'  # a 32-bit process is shown SysWOW64 under the name System32
}
$windows = [System.Environment]::GetEnvironmentVariable('SystemRoot')
$script:RegExe = [System.IO.Path]::Combine($windows, $system, 'reg.exe')
$script:NetshExe = [System.IO.Path]::Combine($windows, $system, 'netsh.exe')
$script:NetstatExe = [System.IO.Path]::Combine($windows, $system, 'netstat.exe')


# --- steps ---------------------------------------------------------------------------------------------

function Add-Step([string]$Name, [long]$Milliseconds, $Failure) {
    [void]$script:Steps.Add([ordered]@{ name = $Name; ms = $Milliseconds; error = $Failure })
    if ($null -ne $Failure) {
        Write-Warning ('{0}: {1}' -f $Name, $Failure)
    }
}

# The work reads the variables of whoever calls, so none of these may have a name that a caller uses.
function Invoke-Step([string]$StepName, [scriptblock]$StepWork) {
    $stepWatch = [System.Diagnostics.Stopwatch]::StartNew()
    $stepFailure = $null
    try {
        [void](& $StepWork)
    }
    catch {
        $stepFailure = [string]$_.Exception.Message
    }
    Add-Step $StepName $stepWatch.ElapsedMilliseconds $stepFailure
}


# --- what is written, and where ------------------------------------------------------------------------

# The path of a bundle file, its folder made. Every write of this script goes through here.
function Get-BundlePath([string]$Name) {
    if ($Name -match '(^|/)\.*(/|$)' -or $Name -match '[:*?"<>|\\]') {
        throw ('not a name for a file of the bundle: {0}' -f $Name)
    }
    $path = [System.IO.Path]::Combine($script:Folder, $Name.Replace('/', '\'))
    [void][System.IO.Directory]::CreateDirectory([System.IO.Path]::GetDirectoryName($path))
    return $path
}

function Write-BundleFile([string]$Name, [byte[]]$Data) {
    $target = Get-BundlePath $Name
    [System.IO.File]::WriteAllBytes($target, $Data)
}

function Write-BundleText([string]$Name, [string]$Text, [System.Text.Encoding]$Encoding) {
    $target = Get-BundlePath $Name
    [System.IO.File]::WriteAllText($target, $Text, $Encoding)
}

# ConvertTo-Json writes dates, numbers and single elements differently in each version; this does not.
function Write-BundleJson([string]$Name, $Value) {
    $text = New-Object System.Text.StringBuilder
    Add-Json $text $Value
    Write-BundleText $Name $text.ToString() ([System.Text.Encoding]::ASCII)
}

function Add-Json([System.Text.StringBuilder]$Text, $Value) {
    if ($null -eq $Value) {
        [void]$Text.Append('null')
    }
    elseif ($Value -is [bool]) {
        [void]$Text.Append(([string]$Value).ToLowerInvariant())
    }
    elseif ($Value -is [string]) {
        [void]$Text.Append((Get-JsonString $Value))
    }
    elseif ($Value -is [System.Collections.IDictionary]) {
        Add-JsonObject $Text $Value
    }
    elseif ($Value -is [System.Collections.IEnumerable]) {
        Add-JsonArray $Text $Value
    }
    else {
        [void]$Text.Append(([System.IFormattable]$Value).ToString($null, $script:Invariant))
    }
}

function Add-JsonObject([System.Text.StringBuilder]$Text, [System.Collections.IDictionary]$Value) {
    $between = '{'
    foreach ($name in $Value.Keys) {
        [void]$Text.Append($between).Append((Get-JsonString ([string]$name))).Append(': ')
        Add-Json $Text $Value[$name]
        $between = ', '
    }
    if ($between -eq '{') {
        [void]$Text.Append('{')
    }
    [void]$Text.Append('}')
}

function Add-JsonArray([System.Text.StringBuilder]$Text, $Value) {
    $between = '['
    foreach ($item in $Value) {
        [void]$Text.Append($between)
        Add-Json $Text $item
        $between = ",`r`n "
    }
    if ($between -eq '[') {
        [void]$Text.Append('[')
    }
    [void]$Text.Append(']')
}

function Get-JsonString([string]$Text) {
    $shown = $Text.Replace('\', '\\').Replace('"', '\"')
    if ($shown -cmatch '[^ -~]') {
        # through UTF-8, so that half a surrogate pair, which no JSON can hold, becomes U+FFFD
        $shown = [System.Text.Encoding]::UTF8.GetString([System.Text.Encoding]::UTF8.GetBytes($shown))
        $escape = [System.Text.RegularExpressions.MatchEvaluator] {
            param($found)
            return ('\u{0:x4}' -f [int][char]$found.Value)
        }
        $shown = [regex]::Replace($shown, '[^ -~]', $escape)
    }
    return ('"' + $shown + '"')
}

function Get-UtcText($Time) {
    if ($null -eq $Time) {
        return $null
    }
    return ([datetime]$Time).ToUniversalTime().ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", $script:Invariant)
}


# --- secrets -------------------------------------------------------------------------------------------

function Edit-Text([string]$Text, [string]$Pattern, $Replacement) {
    $patience = [System.TimeSpan]::FromSeconds(10)  # hostile text ends as an error, not as an endless step
    $options = [System.Text.RegularExpressions.RegexOptions]::CultureInvariant
    $regex = New-Object System.Text.RegularExpressions.Regex -ArgumentList @($Pattern, $options, $patience)
    return $regex.Replace($Text, $Replacement)
}

# The same settings in the same order as scanner/masking.py, whose patterns these are.
function Get-MaskedText([string]$Text) {
    $Text = Edit-Text $Text $script:Masks['Attribute'] '$1$2$3***$2$3'
    $Text = Edit-Text $Text $script:Masks['Element'] '$1***$3'
    $Text = Edit-Text $Text $script:Masks['Line'] '$1***'
    $element = [System.Text.RegularExpressions.MatchEvaluator] {
        param($found)
        return (Get-MaskedElement $found.Value)
    }
    $Text = Edit-Text $Text $script:Masks['Named'] $element
    $Text = Edit-Text $Text $script:Masks['Inside'] '$1***'
    $Text = Edit-Text $Text $script:Masks['Option'] '$1***'
    return (Edit-Text $Text $script:Masks['UserInfo'] '$1***')
}

# A command line or a registry value, where a quote after an option opens its value.
function Get-MaskedCommand([string]$Text) {
    return (Get-MaskedText (Edit-Text $Text $script:Masks['Argument'] '$1$2$3***$2$3'))
}

function Get-MaskedElement([string]$Element) {
    $close = $Element.IndexOf([char]'>')
    $head = Edit-Text $Element.Substring(0, $close) $script:Masks['Value'] '$1$2$3***$2$3'
    $content = $Element.Substring($close)
    if (-not $head.EndsWith('/', [System.StringComparison]::Ordinal)) {
        $content = Edit-Text $content $script:Masks['Content'] '$1***'
    }
    return ($head + $content)
}

# UTF-16 by its mark or by the NUL beside its first character; everything else byte for byte as Latin-1.
function Get-TextEncoding([byte[]]$Data) {
    if ($Data.Length -ge 2) {
        if (($Data[0] -eq 0xFF -and $Data[1] -eq 0xFE) -or ($Data[0] -ne 0 -and $Data[1] -eq 0)) {
            return (New-Object System.Text.UnicodeEncoding -ArgumentList @($false, $false))
        }
        if (($Data[0] -eq 0xFE -and $Data[1] -eq 0xFF) -or ($Data[0] -eq 0 -and $Data[1] -ne 0)) {
            return (New-Object System.Text.UnicodeEncoding -ArgumentList @($true, $false))
        }
    }
    return [System.Text.Encoding]::GetEncoding(28591)
}

function Get-MaskedBytes([byte[]]$Data) {
    $encoding = Get-TextEncoding $Data
    return , $encoding.GetBytes((Get-MaskedText $encoding.GetString($Data)))
}


# --- registry ------------------------------------------------------------------------------------------

# A key below HKEY_LOCAL_MACHINE in the 64-bit view, for reading; nothing where it does not exist.
function Open-Key([string]$Path) {
    $hive = [Microsoft.Win32.RegistryHive]::LocalMachine
    $root = [Microsoft.Win32.RegistryKey]::OpenBaseKey($hive, [Microsoft.Win32.RegistryView]::Registry64)
    return $root.OpenSubKey($Path)
}

function Export-Key([string]$Path, [string]$Name) {
    $target = Get-BundlePath $Name
    $view = @()
    if ([System.Environment]::Is64BitOperatingSystem) {
        $view = @('/reg:64')
    }
    $ErrorActionPreference = 'Continue'  # or Windows PowerShell takes a word on stderr for an exception
    $said = & $script:RegExe export ('HKLM\' + $Path) $target /y $view 2>&1
    if ($LASTEXITCODE -ne 0) {
        throw ('reg.exe: {0}' -f [string]$said)
    }
}

# Firewall keys as reg.exe exports them; of an absent key, the statement that it is.
function Save-FirewallKey([string]$Path, [string]$Name) {
    if ($null -ne (Open-Key $Path)) {
        Export-Key $Path $Name
    }
    else {
        Save-RegText (Get-AbsentKey $Path) $Name
    }
}

# Keys of programs, which may hold secrets, in reg.exe's format with those masked.
function Save-ProgramKey([string]$Path, [string]$Name) {
    $text = New-Object System.Text.StringBuilder
    $key = Open-Key $Path
    if ($null -ne $key) {
        Add-RegSection $text $key
    }
    else {
        [void]$text.Append((Get-AbsentKey $Path))
    }
    Save-RegText $text.ToString() $Name
}

function Save-RegText([string]$Sections, [string]$Name) {
    # like reg.exe's, it ends with a blank line: its readers take any other end for a file cut short
    $text = "Windows Registry Editor Version 5.00`r`n" + $Sections + "`r`n"
    Write-BundleText $Name $text ([System.Text.Encoding]::Unicode)
}

# States the first key that is missing on the way to this one. A key above it, which is there, would prove too
# much: that everything is absent which its export would hold. To regedit it is a comment, unlike a deletion.
function Get-AbsentKey([string]$Path) {
    $absent = $Path
    $above = $absent.Substring(0, $absent.LastIndexOf([char]'\'))
    while ($null -eq (Open-Key $above)) {
        $absent = $above
        $above = $absent.Substring(0, $absent.LastIndexOf([char]'\'))
    }
    return ("`r`n; absent: [HKEY_LOCAL_MACHINE\" + $absent + "]`r`n")
}

function Add-RegSection([System.Text.StringBuilder]$Text, [Microsoft.Win32.RegistryKey]$Key) {
    [void]$Text.Append("`r`n[" + $Key.Name + "]`r`n")
    foreach ($name in $Key.GetValueNames()) {
        $shown = '@'
        if ($name -ne '') {
            $shown = Get-RegString $name
        }
        [void]$Text.Append($shown + '=' + (Get-RegData $Key $name) + "`r`n")
    }
    foreach ($name in $Key.GetSubKeyNames()) {
        try {
            Add-RegSection $Text $Key.OpenSubKey($name)
        }
        catch {
            Add-Step ($Key.Name + '\' + $name) 0 ([string]$_.Exception.Message)
        }
    }
}

function Get-RegString([string]$Text) {
    return ('"' + $Text.Replace('\', '\\').Replace('"', '\"') + '"')
}

function Get-RegData([Microsoft.Win32.RegistryKey]$Key, [string]$Name) {
    $kind = [string]$Key.GetValueKind($Name)
    $plain = [Microsoft.Win32.RegistryValueOptions]::DoNotExpandEnvironmentNames
    $data = $Key.GetValue($Name, $null, $plain)
    if ($kind -eq 'DWord') {
        return ('dword:{0:x8}' -f $data)
    }
    if ($kind -eq 'QWord') {
        return (Get-RegBytes 'hex(b)' ([System.BitConverter]::GetBytes([long]$data)))
    }
    if ([string]$data -match '\S' -and [regex]::IsMatch($Name, $script:Masks['Name'])) {
        return '"***"'
    }
    if ($kind -eq 'MultiString') {
        $lines = ''
        foreach ($line in $data) {
            $lines = $lines + (Get-MaskedCommand $line) + [char]0
        }
        return (Get-RegBytes 'hex(7)' ([System.Text.Encoding]::Unicode.GetBytes($lines + [char]0)))
    }
    if ($kind -eq 'String' -or $kind -eq 'ExpandString') {
        return (Get-RegText $kind (Get-MaskedCommand ([string]$data)))
    }
    if ($data -is [byte[]]) {
        return (Get-RegBytes 'hex' $data)
    }
    return 'hex:'
}

function Get-RegText([string]$Kind, [string]$Text) {
    if ($Kind -eq 'String' -and $Text -cnotmatch '[\x00-\x1f]') {
        return (Get-RegString $Text)
    }
    $label = 'hex(1)'
    if ($Kind -eq 'ExpandString') {
        $label = 'hex(2)'
    }
    return (Get-RegBytes $label ([System.Text.Encoding]::Unicode.GetBytes($Text + [char]0)))
}

function Get-RegBytes([string]$Label, [byte[]]$Data) {
    return ($Label + ':' + [System.BitConverter]::ToString($Data).Replace('-', ',').ToLowerInvariant())
}

# Last-write times: only the Windows API tells them. The compiler's own files stay below the output folder.
function Add-KeyTimeReader {
    $target = Get-BundlePath 'work/compiler'
    $kept = @($env:TMP, $env:TEMP)
    try {
        $env:TMP = [System.IO.Path]::GetDirectoryName($target)
        $env:TEMP = $env:TMP
        Add-Type -Namespace CEAudit -Name KeyTime -MemberDefinition @'
[System.Runtime.InteropServices.DllImport("advapi32.dll", CharSet = System.Runtime.InteropServices.CharSet.Unicode)]
public static extern int RegQueryInfoKeyW(
    System.IntPtr key, System.IntPtr name, System.IntPtr nameLength, System.IntPtr reserved,
    System.IntPtr subKeys, System.IntPtr longestSubKey, System.IntPtr longestClass,
    System.IntPtr values, System.IntPtr longestName, System.IntPtr longestValue,
    System.IntPtr securityDescriptor, out long lastWrite);
'@
    }
    finally {
        $env:TMP = $kept[0]
        $env:TEMP = $kept[1]
        Remove-Item -LiteralPath ([System.IO.Path]::GetDirectoryName($target)) -Recurse -Force
    }
}

function Add-KeyTime([System.Collections.ArrayList]$Rows, [Microsoft.Win32.RegistryKey]$Key) {
    $written = [long]0
    $none = [System.IntPtr]::Zero
    $code = [CEAudit.KeyTime]::RegQueryInfoKeyW($Key.Handle.DangerousGetHandle(), $none, $none, $none,
        $none, $none, $none, $none, $none, $none, $none, [ref]$written)
    if ($code -eq 0) {
        $time = Get-UtcText ([datetime]::FromFileTimeUtc($written))
        [void]$Rows.Add([ordered]@{ key = $Key.Name; last_write = $time })
    }
    foreach ($name in $Key.GetSubKeyNames()) {
        try {
            Add-KeyTime $Rows $Key.OpenSubKey($name)
        }
        catch {
            Add-Step ('last write of ' + $Key.Name + '\' + $name) 0 ([string]$_.Exception.Message)
        }
    }
}


# --- host, network, processes --------------------------------------------------------------------------

function Test-Elevated {
    $user = [System.Security.Principal.WindowsIdentity]::GetCurrent()
    $principal = New-Object System.Security.Principal.WindowsPrincipal -ArgumentList @($user)
    return $principal.IsInRole([System.Security.Principal.WindowsBuiltInRole]::Administrator)
}

function Save-Host {
    $found = [ordered]@{
        name = [System.Environment]::MachineName; domain = $null; domain_joined = $null; os_caption = $null
        os_build = [string][System.Environment]::OSVersion.Version.Build; boot_time = $null
        time_zone = [System.TimeZoneInfo]::Local.Id; culture = [System.Globalization.CultureInfo]::CurrentCulture.Name
        elevated = $script:Elevated
    }
    try {
        $computer = Get-CimInstance -ClassName Win32_ComputerSystem -OperationTimeoutSec 30
        $found['domain'] = [string]$computer.Domain
        $found['domain_joined'] = [bool]$computer.PartOfDomain
        $windows = Get-CimInstance -ClassName Win32_OperatingSystem -OperationTimeoutSec 30
        $found['os_caption'] = [string]$windows.Caption
        $found['os_build'] = [string]$windows.BuildNumber
        $found['boot_time'] = Get-UtcText $windows.LastBootUpTime
    }
    finally {
        Write-BundleJson 'host.json' $found
    }
}

function Save-Listeners {
    $rows = New-Object System.Collections.ArrayList
    foreach ($socket in @(Get-NetTCPConnection -State Listen)) {
        Add-Listener $rows 'tcp' $socket
    }
    foreach ($socket in @(Get-NetUDPEndpoint)) {
        Add-Listener $rows 'udp' $socket
    }
    if ($rows.Count -eq 0) {
        throw 'Windows listed no socket at all, which is no answer'
    }
    Write-BundleJson 'network/listeners.json' $rows
}

function Add-Listener([System.Collections.ArrayList]$Rows, [string]$Protocol, $Socket) {
    [void]$Rows.Add([ordered]@{
            protocol = $Protocol; address = [string]$Socket.LocalAddress; port = [int]$Socket.LocalPort
            pid = [int]$Socket.OwningProcess
        })
}

function Save-Netstat {
    $ErrorActionPreference = 'Continue'
    $lines = @(& $script:NetstatExe -ano 2>&1 | ForEach-Object { [string]$_ })
    if ($LASTEXITCODE -ne 0 -or $lines.Count -eq 0) {
        throw 'netstat.exe gave no answer'
    }
    $utf8 = New-Object System.Text.UTF8Encoding -ArgumentList @($false)
    Write-BundleText 'network/netstat.txt' ([string]::Join("`r`n", $lines) + "`r`n") $utf8
}

function Read-NetworkProfiles {
    $names = @('public', 'private', 'domain')  # NetworkCategory 0, 1, 2
    foreach ($connection in @(Get-NetConnectionProfile)) {
        $script:Profiles[[int]$connection.InterfaceIndex] = $names[[int]$connection.NetworkCategory]
    }
}

function Save-Interfaces {
    $rows = [ordered]@{}
    foreach ($address in @(Get-NetIPAddress)) {
        $index = [int]$address.InterfaceIndex
        $id = [string]$index
        if (-not $rows.Contains($id)) {
            $rows[$id] = [ordered]@{
                alias = [string]$address.InterfaceAlias; index = $index
                addresses = (New-Object System.Collections.ArrayList); profile = $script:Profiles[$index]
            }
        }
        $bare = ([string]$address.IPAddress).Split([char]'%')[0]
        [void]$rows[$id]['addresses'].Add(('{0}/{1}' -f $bare, $address.PrefixLength))
    }
    Write-BundleJson 'network/interfaces.json' @($rows.Values)
}

function Get-NetshText([string[]]$Words) {
    $ErrorActionPreference = 'Continue'
    $lines = @(& $script:NetshExe int $Words[0] show $Words[1] $Words[2] 2>&1 | ForEach-Object { [string]$_ })
    $text = [string]::Join("`n", $lines)
    if ($LASTEXITCODE -ne 0 -or $text.Trim() -eq '') {
        throw ('netsh.exe gave no answer: {0}' -f $text.Trim())
    }
    return $text
}

# The labels are in the language of Windows, the two numbers stand at the ends of their lines.
function Get-DynamicRange([string]$Text) {
    $numbers = [regex]::Matches($Text, '(?m)[^0-9\r\n]([0-9]{1,5})[ \t]*\r?$')
    if ($numbers.Count -ne 2) {
        throw 'netsh.exe did not answer with a start and a count'
    }
    return @([int]$numbers[0].Groups[1].Value, [int]$numbers[1].Groups[1].Value)
}

function Get-ExcludedRanges([string]$Text) {
    $rows = New-Object System.Collections.ArrayList
    foreach ($row in [regex]::Matches($Text, '(?m)^[ \t]*([0-9]{1,5})[ \t]+([0-9]{1,5})[ \t]*(\*?)[ \t]*\r?$')) {
        $administered = $row.Groups[3].Length -gt 0
        [void]$rows.Add(@([int]$row.Groups[1].Value, [int]$row.Groups[2].Value, $administered))
    }
    return , $rows
}

function Save-PortRanges {
    $dynamic = [ordered]@{}
    $excluded = [ordered]@{}
    foreach ($version in @('4', '6')) {
        foreach ($protocol in @('tcp', 'udp')) {
            $family = 'ipv' + $version
            Invoke-Step ('netsh int {0} show dynamicport {1}' -f $family, $protocol) {
                $dynamic[$protocol + $version] = Get-DynamicRange (Get-NetshText @($family, 'dynamicport', $protocol))
            }
            Invoke-Step ('netsh int {0} show excludedportrange protocol={1}' -f $family, $protocol) {
                $said = Get-NetshText @($family, 'excludedportrange', ('protocol=' + $protocol))
                $excluded[$protocol + $version] = Get-ExcludedRanges $said
            }
        }
    }
    if ($dynamic.Contains('tcp4') -and $dynamic.Contains('udp4')) {
        Write-BundleJson 'network/port-ranges.json' ([ordered]@{ dynamic = $dynamic; excluded = $excluded })
    }
    else {
        throw 'the dynamic port range of IPv4 is not known'
    }
}

function Get-SidType([string]$Service) {
    $names = @{ 0 = 'NONE'; 1 = 'UNRESTRICTED'; 3 = 'RESTRICTED' }
    try {
        $key = Open-Key ('SYSTEM\CurrentControlSet\Services\' + $Service)
    }
    catch {
        return $null
    }
    if ($null -eq $key) {
        return $null
    }
    $value = $key.GetValue('ServiceSidType')
    if ($null -eq $value) {
        return $null
    }
    return $names[[int]$value]
}

function Save-Services {
    $wanted = @('Name', 'DisplayName', 'PathName', 'State', 'StartMode', 'ProcessId')
    foreach ($service in @(Get-CimInstance -ClassName Win32_Service -Property $wanted -OperationTimeoutSec 30)) {
        $owner = $null
        if ($service.ProcessId) {
            $owner = [int]$service.ProcessId
        }
        $commandLine = $null
        if ($service.PathName) {
            $commandLine = Get-MaskedCommand $service.PathName
        }
        [void]$script:Services.Add([ordered]@{
                name = [string]$service.Name; display_name = $service.DisplayName; path = $commandLine
                state = $service.State; start_mode = $service.StartMode; pid = $owner
                sid_type = (Get-SidType $service.Name)
            })
        [void]$script:Programs.Add([System.Environment]::ExpandEnvironmentVariables([string]$service.PathName))
    }
    if ($script:Services.Count -eq 0) {
        throw 'Windows listed no service at all, which is no answer'
    }
    Write-BundleJson 'services.json' $script:Services
}

# WMI tells most; where it is broken, what PowerShell itself sees.
function Get-Processes {
    try {
        $wanted = @('ProcessId', 'Name', 'ExecutablePath', 'CreationDate')
        foreach ($process in @(Get-CimInstance -ClassName Win32_Process -Property $wanted -OperationTimeoutSec 30)) {
            [ordered]@{
                pid = [int]$process.ProcessId; name = [string]$process.Name; path = $process.ExecutablePath
                started_at = (Get-UtcText $process.CreationDate)
            }
        }
    }
    catch {
        Add-Step 'Win32_Process' 0 ([string]$_.Exception.Message)
        foreach ($process in @(Get-Process)) {
            [ordered]@{
                pid = [int]$process.Id; name = $process.ProcessName + '.exe'
                path = (Get-Answer $process 'Path'); started_at = (Get-UtcText (Get-Answer $process 'StartTime'))
            }
        }
    }
}

# A property that Windows may refuse to tell.
function Get-Answer($Process, [string]$Property) {
    try {
        return $Process.$Property
    }
    catch {
        return $null
    }
}

function Save-Processes {
    $hosted = @{}
    foreach ($service in $script:Services) {
        if ($null -ne $service['pid']) {
            $hosted[$service['pid']] = @($hosted[$service['pid']] | Where-Object { $_ }) + @($service['name'])
        }
    }
    $rows = New-Object System.Collections.ArrayList
    $hidden = 0
    foreach ($row in @(Get-Processes)) {
        $row['services'] = @($hosted[$row['pid']] | Where-Object { $_ })
        [void]$rows.Add($row)
        if ($row['path']) {
            [void]$script:Programs.Add([string]$row['path'])
        }
        else {
            $hidden = $hidden + 1
        }
    }
    if ($rows.Count -eq 0) {
        throw 'Windows listed no process at all, which is no answer'
    }
    Write-BundleJson 'processes.json' $rows
    if (-not $script:Elevated) {
        throw ('the paths of {0} processes are hidden: not run as administrator' -f $hidden)
    }
}


# --- files ---------------------------------------------------------------------------------------------

# The directories below which a service or a process has a program of Contact Expert.
function Get-InstallDirectories {
    $found = [ordered]@{}
    foreach ($directory in $InstallDirectory) {
        $found[$directory.TrimEnd([char]'\').ToUpperInvariant()] = $directory.TrimEnd([char]'\')
    }
    foreach ($program in $script:Programs) {
        foreach ($executable in $script:CEExecutables) {
            $at = $program.IndexOf('\' + $executable, [System.StringComparison]::OrdinalIgnoreCase)
            if ($at -lt 0 -or $program.Substring($at + 1 + $executable.Length) -notmatch '^(["\s]|$)') {
                continue
            }
            $directory = $program.Substring(0, $at).TrimStart([char]'"')
            if (-not $found.Contains($directory.ToUpperInvariant())) {
                $found[$directory.ToUpperInvariant()] = $directory
            }
        }
    }
    return @($found.Values | Where-Object { $_ -match '^[A-Za-z]:(\\|$)' })
}

# server.xml and catalina.properties of CE's Tomcat service where its options move catalina.base elsewhere.
function Get-TomcatFiles([string[]]$Directories) {
    foreach ($service in $script:Services) {
        foreach ($directory in $Directories) {
            $tomcat = $directory + '\Tomcat\'
            if (([string]$service['path']).TrimStart([char]'"').StartsWith($tomcat, [System.StringComparison]::OrdinalIgnoreCase)) {
                $below = 'SOFTWARE\WOW6432Node\Apache Software Foundation\Procrun 2.0\' + $service['name']
                $key = Open-Key ($below + '\Parameters\Java')
                if ($null -ne $key) {
                    Get-CatalinaFiles @($key.GetValue('Options'))
                }
            }
        }
    }
}

function Get-CatalinaFiles([string[]]$Options) {
    foreach ($option in $Options) {
        if ($option -match '^-Dcatalina\.base=([A-Za-z]:[\\/][^"]+)$') {
            $base = $Matches[1].Replace('/', '\').TrimEnd([char]'\')
            $base + '\conf\server.xml'
            $base + '\conf\catalina.properties'
        }
    }
}

# A file's size and time; nothing stated where it is absent, an exception where that cannot be told.
function Get-FileRow([string]$Path) {
    $row = [ordered]@{ path = $Path; bytes = $null; modified_at = $null }
    try {
        [void][System.IO.File]::GetAttributes($Path)
    }
    catch [System.IO.FileNotFoundException], [System.IO.DirectoryNotFoundException] {
        return $row
    }
    $file = New-Object System.IO.FileInfo -ArgumentList @($Path)
    $row['bytes'] = $file.Length
    $row['modified_at'] = Get-UtcText $file.LastWriteTimeUtc
    return $row
}

# The bytes of a file that another program may hold open.
function Read-File([string]$Path) {
    $share = [System.IO.FileShare]'ReadWrite, Delete'
    $open = [System.IO.FileMode]::Open
    $read = [System.IO.FileAccess]::Read
    $stream = New-Object System.IO.FileStream -ArgumentList @($Path, $open, $read, $share)
    try {
        if ($stream.Length -gt 67108864) {
            throw 'larger than 64 MiB'
        }
        $memory = New-Object System.IO.MemoryStream
        $stream.CopyTo($memory)
        return , $memory.ToArray()
    }
    finally {
        $stream.Dispose()
    }
}

function Save-Files {
    $directories = @(Get-InstallDirectories)
    if ($directories.Count -eq 0) {
        throw 'no service or process shows a Contact Expert directory; name it with -InstallDirectory'
    }
    $wanted = [ordered]@{}
    foreach ($directory in $directories) {
        foreach ($below in $script:CEExecutables) {
            $wanted[$directory + '\' + $below] = $false
        }
        foreach ($below in $script:CEConfigurations) {
            $wanted[$directory + '\' + $below] = $true
        }
    }
    foreach ($path in @(Get-TomcatFiles $directories)) {
        $wanted[$path] = $true
    }
    $rows = New-Object System.Collections.ArrayList
    foreach ($path in $wanted.Keys) {
        Invoke-Step $path {
            $row = Get-FileRow $path
            [void]$rows.Add($row)
            if ($wanted[$path] -and $null -ne $row['bytes']) {
                $name = 'config/' + $path.Substring(0, 1) + '/' + $path.Substring(3).Replace('\', '/')
                Write-BundleFile $name (Get-MaskedBytes (Read-File $path))
            }
        }
    }
    if ($rows.Count -lt $wanted.Count) {
        Add-Step 'files.json' 0 ('{0} files could not be looked for' -f ($wanted.Count - $rows.Count))
    }
    Write-BundleJson 'files.json' $rows
}

function Get-FirewallLogs {
    $local = 'SYSTEM\CurrentControlSet\Services\SharedAccess\Parameters\FirewallPolicy\'
    $found = [ordered]@{}
    foreach ($above in @($local, 'SOFTWARE\Policies\Microsoft\WindowsFirewall\')) {
        foreach ($name in @('DomainProfile', 'StandardProfile', 'PrivateProfile', 'PublicProfile')) {
            $key = Open-Key ($above + $name + '\Logging')
            if ($null -ne $key -and $key.GetValue('LogFilePath')) {
                $path = [System.Environment]::ExpandEnvironmentVariables([string]$key.GetValue('LogFilePath'))
                $found[$path.ToUpperInvariant()] = $path
            }
        }
    }
    $usual = [System.Environment]::ExpandEnvironmentVariables('%SystemRoot%\System32\LogFiles\Firewall\pfirewall.log')
    $found[$usual.ToUpperInvariant()] = $usual
    return @($found.Values)
}

function Save-FirewallLogs {
    $log = 'pfirewall.log'
    $count = 1
    foreach ($path in @(Get-FirewallLogs)) {
        if ($null -eq (Get-FileRow $path)['bytes']) {
            continue
        }
        Invoke-Step $path { Write-BundleFile $log (Read-File $path) }
        $count = $count + 1
        $log = 'pfirewall-{0}.log' -f $count
    }
}


# --- manifest and archive ------------------------------------------------------------------------------

function Get-Sha256([string]$Path) {
    try {
        $algorithm = New-Object System.Security.Cryptography.SHA256CryptoServiceProvider  # allowed under FIPS
    }
    catch {
        $algorithm = [System.Security.Cryptography.SHA256]::Create()
    }
    $digest = $algorithm.ComputeHash([System.IO.File]::ReadAllBytes($Path))
    return [System.BitConverter]::ToString($digest).Replace('-', '').ToLowerInvariant()
}

function Get-Kind([string]$Name) {
    if ($Name.StartsWith('config/') -or $Name.EndsWith('.reg')) {
        return $Name.Split([char]'/')[0]
    }
    return [System.IO.Path]::GetFileNameWithoutExtension($Name)
}

function Get-BundleNames {
    $all = [System.IO.SearchOption]::AllDirectories
    $names = New-Object System.Collections.ArrayList
    foreach ($path in [System.IO.Directory]::GetFiles($script:Folder, '*', $all)) {
        [void]$names.Add($path.Substring($script:Folder.Length + 1).Replace('\', '/'))
    }
    $names.Sort([System.StringComparer]::Ordinal)
    return , $names
}

function Save-Manifest {
    $files = New-Object System.Collections.ArrayList
    foreach ($name in (Get-BundleNames)) {
        $path = [System.IO.Path]::Combine($script:Folder, $name.Replace('/', '\'))
        $size = (New-Object System.IO.FileInfo -ArgumentList @($path)).Length
        [void]$files.Add([ordered]@{
                path = $name; kind = (Get-Kind $name); sha256 = (Get-Sha256 $path); bytes = $size
            })
    }
    Write-BundleJson 'manifest.json' ([ordered]@{
            schema = 'ce-audit/bundle-v1'; host = [System.Environment]::MachineName
            collected_at = (Get-UtcText $script:Started)
            collector = 'Collect-CEEvidence.ps1 ' + $script:Version
            collected_by = [System.Security.Principal.WindowsIdentity]::GetCurrent().Name
            powershell = [string]$PSVersionTable.PSVersion; elevated = $script:Elevated
            files = $files; steps = $script:Steps
        })
}

# Entry by entry, because older .NET writes backslashes into the names when it is given a folder.
function Save-Archive {
    Add-Type -AssemblyName System.IO.Compression
    Add-Type -AssemblyName System.IO.Compression.FileSystem
    $create = [System.IO.Compression.ZipArchiveMode]::Create
    $archive = [System.IO.Compression.ZipFile]::Open($script:Folder + '.zip', $create)
    try {
        foreach ($name in (Get-BundleNames)) {
            $path = [System.IO.Path]::Combine($script:Folder, $name.Replace('/', '\'))
            [void][System.IO.Compression.ZipFileExtensions]::CreateEntryFromFile($archive, $path, $name)
        }
    }
    finally {
        $archive.Dispose()
    }
}


# --- the run -------------------------------------------------------------------------------------------

$script:Started = [datetime]::UtcNow
$script:Elevated = Test-Elevated
if ($OutputFolder -eq '') {
    $OutputFolder = [string]$PSScriptRoot
}
if ($OutputFolder -eq '') {
    $OutputFolder = '.'  # the script was read from a pipe and has no folder
}
$script:Output = $ExecutionContext.SessionState.Path.GetUnresolvedProviderPathFromPSPath($OutputFolder)
$stamp = $script:Started.ToString("yyyyMMdd'T'HHmmss'Z'", $script:Invariant)
$script:Folder = [System.IO.Path]::Combine($script:Output, ('ce-evidence-{0}-{1}' -f [System.Environment]::MachineName, $stamp))
if ([System.IO.Directory]::Exists($script:Folder)) {
    throw ('{0} exists already' -f $script:Folder)
}
[void][System.IO.Directory]::CreateDirectory($script:Folder)
if (-not $script:Elevated) {
    Write-Warning 'Not run as administrator: what Windows hides from you is missing from the evidence.'
}

$machine = 'HKEY_LOCAL_MACHINE\'
foreach ($pair in @(
        @('SYSTEM\CurrentControlSet\Services\SharedAccess\Parameters\FirewallPolicy', 'firewall'),
        @('SOFTWARE\Policies\Microsoft\WindowsFirewall', 'policies'),
        @('SYSTEM\CurrentControlSet\Services\PortProxy', 'portproxy'),
        @('SOFTWARE\Microsoft\Windows NT\CurrentVersion\NetworkList\Profiles', 'network-profiles')
    )) {
    Invoke-Step ($machine + $pair[0]) { Save-FirewallKey $pair[0] ('registry/{0}.reg' -f $pair[1]) }
}
$programKeys = @(
    @('SOFTWARE\WOW6432Node\ACE\TAO', 'ace-tao'),
    @('SOFTWARE\ACE\TAO', 'ace-tao-64'),
    @('SOFTWARE\Geomant Call Center Solutions\GeoCampaign', 'geocampaign'),
    @('SOFTWARE\WOW6432Node\Geomant Call Center Solutions\GeoCampaign', 'geocampaign-32'),
    @('SOFTWARE\WOW6432Node\Apache Software Foundation\Procrun 2.0', 'procrun'),
    @('SOFTWARE\Apache Software Foundation\Procrun 2.0', 'procrun-64')
)
foreach ($pair in $programKeys) {
    Invoke-Step ($machine + $pair[0]) { Save-ProgramKey $pair[0] ('registry/{0}.reg' -f $pair[1]) }
}
Invoke-Step 'registry/key-times.json' {
    Add-KeyTimeReader
    $times = New-Object System.Collections.ArrayList
    foreach ($path in @(
            'SYSTEM\CurrentControlSet\Services\SharedAccess\Parameters\FirewallPolicy',
            'SOFTWARE\Policies\Microsoft\WindowsFirewall',
            'SYSTEM\CurrentControlSet\Services\PortProxy'
        ) + @($programKeys | ForEach-Object { $_[0] })) {
        $key = Open-Key $path
        if ($null -ne $key) {
            Add-KeyTime $times $key
        }
    }
    Write-BundleJson 'registry/key-times.json' $times
}
Invoke-Step 'host.json' { Save-Host }
Invoke-Step 'network/listeners.json' { Save-Listeners }
if (-not [System.IO.File]::Exists([System.IO.Path]::Combine($script:Folder, 'network\listeners.json'))) {
    Invoke-Step 'network/netstat.txt' { Save-Netstat }
}
Invoke-Step 'Get-NetConnectionProfile' { Read-NetworkProfiles }
Invoke-Step 'network/interfaces.json' { Save-Interfaces }
Invoke-Step 'network/port-ranges.json' { Save-PortRanges }
Invoke-Step 'services.json' { Save-Services }
Invoke-Step 'processes.json' { Save-Processes }
Invoke-Step 'files.json' { Save-Files }
if ($IncludeFirewallLog) {
    Invoke-Step 'pfirewall.log' { Save-FirewallLogs }
}

try {
    Save-Manifest
    Save-Archive
}
catch {
    Write-Warning ('The .zip could not be written: {0}' -f $_.Exception.Message)
    Write-Warning ('Carry the folder instead, it holds the same: {0}' -f $script:Folder)
    Remove-Item -LiteralPath ($script:Folder + '.zip') -Force -ErrorAction SilentlyContinue
    exit 1
}
Remove-Item -LiteralPath $script:Folder -Recurse -Force -ErrorAction Continue
Write-Output ($script:Folder + '.zip')
