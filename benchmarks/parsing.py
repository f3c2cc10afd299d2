"""How fast registry evidence becomes facts, and where the floor is: `str.split` alone, JSON decoding alone.

Run with `make bench`. Prints one line for each policy size; growth should be linear.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable

import msgspec

from scanner.model import FirewallRule, Origin, Store
from scanner.parsers.firewall_rule_string import parse_rule_string
from scanner.parsers.reg_file import parse_reg
from scanner.parsers.registry_firewall import firewall_facts
from scanner.registry_key import RegistryKey
from scanner.registry_paths import FIREWALL_POLICY

SIZES = (500, 5_000, 50_000)
REPEATS = 5
KEY = rf"{FIREWALL_POLICY}\FirewallRules"
ORIGIN = Origin(source="firewall.reg", locator="FirewallRules")


def main() -> None:
    print("rules a second, by policy size")
    print("  rules    split only      to facts   .reg to facts   JSON to facts")
    for size in SIZES:
        texts = rule_strings(size)
        exported = reg_text(texts)
        saved = msgspec.json.encode([parse(text) for text in texts])
        rates = (
            rate(size, lambda texts=texts: [text.split("|") for text in texts]),
            rate(size, lambda texts=texts: [parse(text) for text in texts]),
            rate(size, lambda exported=exported: list(firewall_facts(registry_keys(exported)))),
            rate(size, lambda saved=saved: msgspec.json.decode(saved, type=list[FirewallRule])),
        )
        print(f"{size:>7}  {rates[0]:>12,.0f}  {rates[1]:>12,.0f}  {rates[2]:>14,.0f}  {rates[3]:>14,.0f}")


def rate(size: int, work: Callable[[], object]) -> float:
    """Rules a second, by the best of several runs: the others measure the machine's other work."""
    best = float("inf")
    for _ in range(REPEATS):
        started = time.perf_counter()
        work()
        best = min(best, time.perf_counter() - started)
    return size / best


def parse(text: str) -> object:
    return parse_rule_string("{id}", text, Store.LOCAL, ORIGIN)


def registry_keys(text: str) -> list[RegistryKey]:
    return [item for item in parse_reg(text, ORIGIN) if isinstance(item, RegistryKey)]


def rule_strings(count: int) -> list[str]:
    """Rules as hosts hold them: few distinct words, many distinct names, programs and ports."""
    chance = random.Random(count)
    return [
        f"v2.30|Action={chance.choice(('Allow', 'Allow', 'Block'))}|Active=TRUE|Dir=In"
        f"|Protocol={chance.choice((6, 17))}|Profile=Domain|Profile=Private"
        f"|LPort={chance.randrange(1, 65536)}|RA4=LocalSubnet|RA6=LocalSubnet"
        rf"|App=%ProgramFiles%\Vendor {chance.randrange(count)}\service.exe|Name=Vendor service {number}"
        f"|Desc=Inbound rule {number}|EmbedCtxt=Vendor|"
        for number in range(count)
    ]


def reg_text(texts: list[str]) -> str:
    lines = (f'"{{{number:08X}}}"="{text}"'.replace("\\", "\\\\") for number, text in enumerate(texts))
    return "\n".join(("Windows Registry Editor Version 5.00", "", f"[{KEY}]", *lines, ""))


if __name__ == "__main__":
    main()
