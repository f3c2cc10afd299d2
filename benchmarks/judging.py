"""How fast a whole host is judged by every check, and how that grows with the number of firewall rules.

Run `python -m benchmarks.judging`. The host is the compliant core server of the tests with rules of other
programs beside its own, as on a server that carries more than Contact Expert.
"""

import time

from scanner.model import FirewallRule
from tests.rules.changes import with_rule
from tests.rules.hosts import core_server, fw_rule
from tests.rules.judging import assess_all

SIZES = (500, 5_000, 50_000)


def foreign_rules(count: int) -> tuple[FirewallRule, ...]:
    """Allow rules of programs that have nothing to do with CE."""
    return tuple(
        fw_rule(
            f"{{{number:08X}}}",
            name=f"Vendor {number % 997}",
            program=rf"C:\Program Files\Vendor {number % 997}\server.exe",
            local_ports=(str(20000 + number % 40000),),
        )
        for number in range(count)
    )


def main() -> None:
    print(f"{'firewall rules':>14}  {'seconds':>8}  {'us a rule':>9}")
    for size in SIZES:
        host = with_rule(core_server(), *foreign_rules(size))
        started = time.process_time()
        assess_all(host)
        seconds = time.process_time() - started
        print(f"{size:>14,}  {seconds:>8.3f}  {seconds / size * 1e6:>9.1f}")


if __name__ == "__main__":
    main()
