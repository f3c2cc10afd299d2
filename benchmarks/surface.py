"""How long the whole-policy questions take, and how that grows with the number of firewall rules.

Run `python -m benchmarks.surface`. The policies are those of benchmarks/firewall.py. "spread" is a policy
of rules for one port from many networks, "stacked" one of wide port ranges that overlap: two ways to make
the plane of ports and addresses fall into many parts.
"""

import random
from collections.abc import Callable, Iterator

from benchmarks.firewall import random_rule_string, seconds
from rules.firewall.hygiene import never_deciding
from rules.firewall.policy import effective_policy
from rules.firewall.surface import surface
from scanner.model import FirewallRule, Origin, Snapshot, Store
from scanner.parsers.firewall_rule_string import parse_rule_string

SIZES = (500, 5_000, 20_000)
HEAD = "v2.30|Action=Allow|Active=TRUE|Dir=In|Protocol=6|"


def server(size: int) -> Iterator[str]:
    chance = random.Random(61)
    return (random_rule_string(chance) for _ in range(size))


def spread(size: int) -> Iterator[str]:
    return (f"{HEAD}LPort=443|RA4=10.{n // 65536}.{n // 256 % 256}.{n % 256}|Name=x|" for n in range(size))


def stacked(size: int) -> Iterator[str]:
    return (rf"{HEAD}LPort2_10={n}-{n + 100}|App=C:\a\{n % 50}.exe|Name=x|" for n in range(size))


def measure(name: str, strings: Callable[[int], Iterator[str]], size: int) -> str:
    origin = Origin(source="benchmark")
    parsed = [parse_rule_string(str(n), text, Store.LOCAL, origin) for n, text in enumerate(strings(size))]
    fw_rules = tuple(found for found in parsed if isinstance(found, FirewallRule))
    snapshot = Snapshot(firewall_rules=fw_rules)
    policy = effective_policy(snapshot)
    surfacing = seconds(lambda: surface(policy))
    cleaning = seconds(lambda: never_deciding(policy, snapshot))
    return f"{name:<8} {size:>7,} {surfacing:>12.2f} {cleaning:>12.2f}"


def main() -> None:
    print(f"{'policy':<8} {'rules':>7} {'surface, s':>12} {'hygiene, s':>12}")
    for name, strings in (("server", server), ("spread", spread), ("stacked", stacked)):
        for size in SIZES:
            print(measure(name, strings, size), flush=True)


if __name__ == "__main__":
    main()
