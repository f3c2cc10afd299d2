"""Rules that Windows writes for Store apps: per user in the ordinary store, per package in the AppIso store.

They match app-container processes only (windows-firewall.md 3.5); a real host has them by the hundred
around everything else.
"""

from __future__ import annotations

import hashlib
import uuid

from stock_rules import NamedRule

CAPABILITIES = ("IntErnet", "IntrAnet")

# Package, publisher hash, resource of the display name, whether it also accepts connections.
SERVER_PACKAGES = (
    ("Microsoft.AAD.BrokerPlugin", "cw5n1h2txyewy", "PackageDisplayName", False),
    ("Microsoft.AccountsControl", "cw5n1h2txyewy", "DisplayName", False),
    ("Microsoft.AsyncTextService", "8wekyb3d8bbwe", "AppxManifest_DisplayName", False),
    ("Microsoft.BioEnrollment", "cw5n1h2txyewy", "PackageDisplayName", False),
    ("Microsoft.CredDialogHost", "cw5n1h2txyewy", "DisplayName", False),
    ("Microsoft.ECApp", "8wekyb3d8bbwe", "AppName", False),
    ("Microsoft.LockApp", "cw5n1h2txyewy", "AppDisplayName", False),
    ("Microsoft.Windows.Apprep.ChxApp", "cw5n1h2txyewy", "DisplayName", False),
    ("Microsoft.Windows.CloudExperienceHost", "cw5n1h2txyewy", "appDescription", True),
    ("Microsoft.Windows.Cortana", "cw5n1h2txyewy", "PackageDisplayName", True),
    ("Microsoft.Windows.OOBENetworkCaptivePortal", "cw5n1h2txyewy", "AppDisplayName", False),
    ("Microsoft.Windows.PeopleExperienceHost", "cw5n1h2txyewy", "PkgDisplayName", False),
    ("Microsoft.Windows.SecHealthUI", "cw5n1h2txyewy", "PackageDisplayName", False),
    ("Microsoft.Windows.ShellExperienceHost", "cw5n1h2txyewy", "PkgDisplayName", True),
    ("Microsoft.Windows.XGpuEjectDialog", "cw5n1h2txyewy", "PkgDisplayName", False),
    ("Microsoft.Win32WebViewHost", "cw5n1h2txyewy", "DisplayName", True),
    ("Windows.PrintDialog", "cw5n1h2txyewy", "DisplayName", False),
)
CLIENT_PACKAGES = (
    *SERVER_PACKAGES,
    ("Microsoft.DesktopAppInstaller", "8wekyb3d8bbwe", "appDisplayName", False),
    ("Microsoft.GetHelp", "8wekyb3d8bbwe", "appDisplayName", True),
    ("Microsoft.MicrosoftEdge", "8wekyb3d8bbwe", "AppName", True),
    ("Microsoft.People", "8wekyb3d8bbwe", "AppStoreName", False),
    ("Microsoft.SkypeApp", "kzf8qxf38zg5c", "AppName", True),
    ("Microsoft.Windows.Photos", "8wekyb3d8bbwe", "AppStoreName", True),
    ("Microsoft.WindowsFeedbackHub", "8wekyb3d8bbwe", "AppStoreName", False),
    ("Microsoft.WindowsStore", "8wekyb3d8bbwe", "AppStoreName", True),
    ("Microsoft.ZuneVideo", "8wekyb3d8bbwe", "IDS_MANIFEST_VIDEO_APP_NAME", True),
    ("microsoft.windowscommunicationsapps", "8wekyb3d8bbwe", "MailAppListName", True),
)


def packages(kind: str) -> tuple[tuple[str, str, str, bool], ...]:
    """The Store packages that a Windows of `kind` (server | client) comes with."""
    return CLIENT_PACKAGES if kind == "client" else SERVER_PACKAGES


def user_app_rules(host: str, version: str, kind: str, build: str, users: int) -> tuple[NamedRule, ...]:
    """One rule out, and one in where the app accepts connections, per package and signed-in user."""
    return tuple(
        (
            rule_id(host, package[0], user, direction),
            _app_rule(version, package, build, direction, _user_sid(host, user)),
        )
        for user in range(users)
        for package in packages(kind)
        for direction in ("Out", *(("In",) if package[3] else ()))
    )


def isolation_rules(host: str, version: str, kind: str, build: str, users: int) -> tuple[NamedRule, ...]:
    """The AppIso store: per package what its network capabilities let it reach, then a Block for the rest."""
    return tuple(
        (
            rule_id(host, "iso", package[0], user, flow),
            _isolation_rule(version, package, build, flow, host, user),
        )
        for user in range(users)
        for package in packages(kind)
        for flow in (*CAPABILITIES, "Block")
    )


def rule_id(*parts: object) -> str:
    """A registry value name as the API makes them, the same for the same parts."""
    digest = hashlib.sha256("/".join(map(str, parts)).encode()).digest()
    return f"{{{str(uuid.UUID(bytes=digest[:16], version=4)).upper()}}}"


def _app_rule(
    version: str, package: tuple[str, str, str, bool], build: str, direction: str, owner: str
) -> str:
    profiles = ("Domain", "Private") if direction == "In" else ("Domain", "Private", "Public")
    tokens = [
        version,
        "Action=Allow",
        "Active=TRUE",
        f"Dir={direction}",
        *(f"Profile={profile}" for profile in profiles),
        *_identity(package, build),
        f"LUOwn={owner}",
        f"AppPkgId={container_sid(package[0])}",
        f"EmbedCtxt={_display(package, build)}",
        "Platform=2:6:2",
        "Platform2=GTEQ",
    ]
    return "|".join(tokens) + "|"


def _isolation_rule(
    version: str, package: tuple[str, str, str, bool], build: str, flow: str, host: str, user: int
) -> str:
    blocked = flow == "Block"
    tokens = [
        version,
        "Action=Block" if blocked else "Action=Allow",
        "Active=TRUE",
        "Dir=Out",
        *(() if blocked else (f"RA42={flow}", f"RA62={flow}")),
        *_identity(package, build),
        f"LUOwn={_user_sid(host, user)}",
        f"AppPkgId={container_sid(package[0])}",
        f"EmbedCtxt={_display(package, build)}",
        "Platform=2:6:2",
        "Platform2=GTEQ",
    ]
    return "|".join(tokens) + "|"


def _identity(package: tuple[str, str, str, bool], build: str) -> tuple[str, str]:
    text = _display(package, build)
    return f"Name={text}", f"Desc={text}"


def _display(package: tuple[str, str, str, bool], build: str) -> str:
    name, publisher, resource, _ = package
    full = f"{name}_10.0.{build}.1_neutral_neutral_{publisher}"
    return f"@{{{full}?ms-resource://{name}/resources/{resource}}}"


def container_sid(name: str) -> str:
    """An app-container SID of the right shape (seven sub-authorities), the same for the same package."""
    digest = hashlib.sha256(name.lower().encode()).digest()
    parts = (int.from_bytes(digest[start : start + 4], "little") for start in range(0, 28, 4))
    return "S-1-15-2-" + "-".join(map(str, parts))


def _user_sid(host: str, user: int) -> str:
    digest = hashlib.sha256(host.encode()).digest()
    parts = (int.from_bytes(digest[start : start + 4], "little") for start in (0, 4, 8))
    return f"S-1-5-21-{'-'.join(map(str, parts))}-{500 if user == 0 else 1100 + user}"
