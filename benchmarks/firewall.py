"""How fast a policy compiles and a flow is decided, and how both grow with the number of firewall rules.

Run `python -m benchmarks.firewall`. The policies are random but shaped like a server's: most rules name a
program, a port, or both. "walk" is the same decision by matching every rule, which is what the index saves.
"""

import random
import time
from collections.abc import Callable

from rules.firewall.conditions import match
from rules.firewall.decision import decide
from rules.firewall.flow import Flow
from rules.firewall.policy import Policy, effective_policy
from rules.firewall.query import make_query, read_ends
from scanner.model import FirewallRule, Origin, Profile, Snapshot, Store
from scanner.parsers.firewall_rule_string import parse_rule_string

SIZES = (500, 5_000, 50_000)
FLOWS = 2_000
WALKS = 20
PROFILES = (Profile.DOMAIN, Profile.PRIVATE, Profile.PUBLIC)


def random_rule_string(chance: random.Random) -> str:
    """One rule string: an application's, a port's or a service's, as they stand on a real server."""
    tokens = [f"Action={chance.choices(('Allow', 'Block'), (9, 1))[0]}", "Active=TRUE", "Dir=In"]
    tokens.append(f"Protocol={chance.choice((6, 6, 17))}")
    tokens += [f"Profile={profile.title()}" for profile in PROFILES if chance.random() < 0.4]
    kind = chance.random()
    if kind < 0.8:
        tokens.append(f"LPort={chance.randint(1, 65535)}")
    elif kind < 0.85:
        start = chance.randint(1, 65000)
        tokens.append(f"LPort2_10={start}-{start + chance.randint(1, 500)}")
    if kind > 0.3:
        tokens.append(rf"App=%ProgramFiles%\Vendor {chance.randint(1, 2000)}\server.exe")
    if chance.random() < 0.3:
        tokens.append(f"RA4=10.{chance.randint(0, 255)}.0.0/255.255.0.0")
    return "v2.30|" + "|".join((*tokens, "Name=benchmark")) + "|"


def random_flow(chance: random.Random) -> Flow:
    return Flow(
        protocol=chance.choice((6, 17)),
        local_port=chance.randint(1, 65535),
        local_address="10.1.0.1",
        remote_address=f"10.{chance.randint(0, 255)}.0.{chance.randint(1, 254)}",
        program=rf"C:\Program Files\Vendor {chance.randint(1, 2000)}\server.exe",
        profile=chance.choice(PROFILES),
    )


def seconds(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def walk(policy: Policy, flow: Flow) -> int:
    """Match every rule, as a decision without an index must."""
    query = make_query(flow, read_ends(flow), ())
    return sum(match(compiled, query) for compiled in policy.ordinary.everything)


def measure(size: int, chance: random.Random) -> str:
    """One line of the table for a policy of `size` rules."""
    texts = [random_rule_string(chance) for _ in range(size)]
    flows = [random_flow(chance) for _ in range(FLOWS)]
    origin = Origin(source="benchmark")
    parsed: list[FirewallRule] = []

    def parse() -> None:
        for number, text in enumerate(texts):
            found = parse_rule_string(str(number), text, Store.LOCAL, origin)
            if isinstance(found, FirewallRule):
                parsed.append(found)

    parsing = seconds(parse)
    snapshot = Snapshot(firewall_rules=tuple(parsed))
    compiling = seconds(lambda: effective_policy(snapshot))
    policy = effective_policy(snapshot)
    deciding = seconds(lambda: [decide(policy, flow) for flow in flows])
    decide(policy, flows[0], trace=True)  # builds what only traces need
    tracing = seconds(lambda: [decide(policy, flow, trace=True) for flow in flows])
    walking = seconds(lambda: [walk(policy, flow) for flow in flows[:WALKS]])
    return (
        f"{size:>7,} {size / parsing:>12,.0f} {size / compiling:>12,.0f} {deciding / FLOWS * 1e6:>13.1f}"
        f" {tracing / FLOWS * 1e6:>12.1f} {walking / WALKS * 1e6:>12.1f}"
    )


def main() -> None:
    chance = random.Random(61)
    print(
        f"{'rules':>7} {'parsed/s':>12} {'compiled/s':>12} {'decision, us':>13} {'traced, us':>12}"
        f" {'walk, us':>12}"
    )
    for size in SIZES:
        print(measure(size, chance))


if __name__ == "__main__":
    main()
