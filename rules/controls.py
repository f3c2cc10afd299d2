"""Controls of outside documents that the checks serve, in our own words (windows-firewall.md section 7).

A control is quoted as one string that begins with its document and version: `PCI DSS v4.0 1.2.7`. CIS has
renumbered its items, so it is quoted with both numbers, where they differ, and the item's title.
"""

from __future__ import annotations

import msgspec

CIS = "CIS Windows Server 2022 v3"
FRAMEWORKS = (
    CIS,
    "DISA STIG Windows Firewall V2R2",
    "NIST SP 800-53 r5",
    "PCI DSS v4.0",
    "ISO/IEC 27001:2022",
)
ASKS = {
    "DISA STIG Windows Firewall V2R2 WNFWA-000001": "Firewall on: Domain",
    "DISA STIG Windows Firewall V2R2 WNFWA-000002": "Firewall on: Private",
    "DISA STIG Windows Firewall V2R2 WNFWA-000003": "Firewall on: Public",
    "DISA STIG Windows Firewall V2R2 WNFWA-000004": "Inbound blocked by default: Domain",
    "DISA STIG Windows Firewall V2R2 WNFWA-000009": "Size of the log: Domain",
    "DISA STIG Windows Firewall V2R2 WNFWA-000010": "Dropped packets logged: Domain",
    "DISA STIG Windows Firewall V2R2 WNFWA-000012": "Inbound blocked by default: Private",
    "DISA STIG Windows Firewall V2R2 WNFWA-000017": "Size of the log: Private",
    "DISA STIG Windows Firewall V2R2 WNFWA-000018": "Dropped packets logged: Private",
    "DISA STIG Windows Firewall V2R2 WNFWA-000020": "Inbound blocked by default: Public",
    "DISA STIG Windows Firewall V2R2 WNFWA-000027": "Size of the log: Public",
    "DISA STIG Windows Firewall V2R2 WNFWA-000028": "Dropped packets logged: Public",
    "NIST SP 800-53 r5 AC-4": "Information flow enforcement",
    "NIST SP 800-53 r5 AU-12": "Logging",
    "NIST SP 800-53 r5 CM-2": "Configuration baseline",
    "NIST SP 800-53 r5 CM-3": "Change control",
    "NIST SP 800-53 r5 CM-6": "Configuration settings",
    "NIST SP 800-53 r5 CM-7": "Least functionality: no port or rule that is not needed",
    "NIST SP 800-53 r5 SC-7": "Boundary protection",
    "NIST SP 800-53 r5 SC-7(5)": "Deny by default, allow by exception",
    "NIST SP 800-53 r5 SC-7(12)": "Host-based protection",
    "PCI DSS v4.0 1.2.1": "Configuration standards",
    "PCI DSS v4.0 1.2.5": "Allowed services, protocols and ports identified, approved, justified",
    "PCI DSS v4.0 1.2.6": "Protections for insecure services",
    "PCI DSS v4.0 1.2.7": "Rule sets reviewed every six months",
    "PCI DSS v4.0 1.2.8": "Configurations consistent",
    "PCI DSS v4.0 1.3.1": "Inbound traffic limited to what is necessary",
    "PCI DSS v4.0 2.2.4": "Only necessary services and ports",
    "PCI DSS v4.0 2.2.5": "Insecure services justified",
    "PCI DSS v4.0 10.2": "Logging",
    "ISO/IEC 27001:2022 A.8.9": "Configuration management",
    "ISO/IEC 27001:2022 A.8.15": "Logging",
    "ISO/IEC 27001:2022 A.8.20": "Networks security",
    "ISO/IEC 27001:2022 A.8.22": "Segregation of networks",
    "ISO/IEC 27001:2022 A.8.32": "Change management",
}


def cis(number: str, title: str, *, older: str = "") -> str:
    """An item of CIS as quoted; `older` is its number before the item on outbound traffic was dropped."""
    numbers = f"{number}, older numbering {older}" if older else number
    return f"{CIS} {numbers} (Windows Firewall: {title})"


class Control(msgspec.Struct, frozen=True, kw_only=True):
    """A quoted control taken apart; `framework` is "" where the document is none of FRAMEWORKS."""

    framework: str
    number: str
    asks: str


def read_control(quoted: str) -> Control:
    """What a quoted control names, and what it asks for: in its own title, else in our words."""
    framework = next((name for name in FRAMEWORKS if quoted.startswith(f"{name} ")), "")
    rest = quoted[len(framework) :].strip()
    number, _, title = rest.partition(" (")
    if title.endswith(")"):
        return Control(framework=framework, number=number, asks=title[:-1])
    return Control(framework=framework, number=rest, asks=ASKS.get(quoted, ""))
