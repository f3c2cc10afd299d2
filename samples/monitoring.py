"""The monitoring agent on every server: a program, a service and a firewall rule of no
concern."""

from __future__ import annotations

from datetime import datetime, timedelta

from stock_host import Program, ServiceEntry, both
from stock_rules import NamedRule
from store_apps import rule_id

PATH = r"C:\Program Files\Zabbix Agent\zabbix_agentd.exe"
SERVICE = ServiceEntry(
    name="Zabbix Agent",
    display_name="Zabbix Agent",
    path=rf'"{PATH}" --config "C:\Program Files\Zabbix Agent\zabbix_agentd.conf"',
)


def program(boot: datetime) -> Program:
    """Its process."""
    return Program(
        path=PATH,
        started_at=boot + timedelta(seconds=41),
        services=(SERVICE.name,),
        sockets=both("tcp", 10050),
    )


def fw_rule(host: str, version: str) -> NamedRule:
    """Its rule, from the monitoring server only."""
    text = (
        f"{version}|Action=Allow|Active=TRUE|Dir=In|Protocol=6|LPort=10050|RA4=10.20.1.15|App={PATH}|"
        "Name=Zabbix Agent listen port|"
    )
    return rule_id(host, "monitoring"), text
