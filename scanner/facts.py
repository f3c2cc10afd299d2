"""The union of everything a parser may yield."""

from __future__ import annotations

from scanner.computer_names import ComputerName
from scanner.model import (
    DroppedPackets,
    DynamicRange,
    ExcludedRange,
    FirewallRule,
    Host,
    InstalledFile,
    Interface,
    Listener,
    Problem,
    Process,
    ProfileSettings,
    Service,
)

Fact = (
    ComputerName
    | DroppedPackets
    | DynamicRange
    | ExcludedRange
    | FirewallRule
    | Host
    | InstalledFile
    | Interface
    | Listener
    | Problem
    | Process
    | ProfileSettings
    | Service
)
