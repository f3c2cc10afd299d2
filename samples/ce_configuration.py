"""The configuration files of a sample installation, secrets masked as the collector masks them.

The schemas of the vendor's XML are unknown; these follow the hypothesis of contact-expert.md 3.1 (see
samples/README.md). Tomcat's files are the real thing: shipped layout, comments included.
"""

from __future__ import annotations

from contact_expert import PARTS, Install

SERVICES = ("agent", "naming", "ucma-recorder", "contacts", "email-router", "web", "manager")
RECORDERS = ("recorder-cmapi", "recorder-sip", "recorder-ucma")


def server_agent_xml(install: Install, naming: str) -> bytes:
    """ServerAgent.Config.xml: an argument string for the agent and each server it starts. `naming` is where
    they find the naming service ("CE-CORE01:9999"), "" where that is left to its multicast."""
    managed = [part for part in install.parts if part not in (*SERVICES, *RECORDERS)]
    lines = [
        '<?xml version="1.0" encoding="utf-8"?>',
        '<ServerAgentConfiguration version="6.1">',
        '  <Database server="CE-SQL01" connectionString="********" />',
        '  <Agent Name="Server Agent" Executable="ServerAgent.exe">',
        _arguments("    ", install.ports_of("agent"), naming),
        "  </Agent>",
        "  <Servers>",
        *(line for part in managed for line in _server(install, part, naming)),
        "  </Servers>",
        '  <Log level="Warning" directory="Logs" maxFiles="20" />',
        "</ServerAgentConfiguration>",
    ]
    return _document(lines, bom=True)


def _server(install: Install, part: str, naming: str) -> list[str]:
    return [
        f'    <Server Name="{PARTS[part].component}" Executable="{PARTS[part].exe}" Startup="Automatic">',
        _arguments("      ", install.ports_of(part), naming),
        "    </Server>",
    ]


def _arguments(indent: str, ports: tuple[int, ...], naming: str) -> str:
    options = [f"-ORBInitRef NameService=corbaloc:iiop:{naming}/NameService"] if naming else []
    options += [f"-ORBListenEndpoints {';'.join(f'iiop://:{port}' for port in ports)}"] if ports else []
    return f"{indent}<Arguments>{' '.join(options)}</Arguments>" if options else f"{indent}<Arguments />"


def server_manager_xml(port: int) -> bytes:
    """ServerManager.Config.xml: a plain port attribute."""
    lines = [
        '<?xml version="1.0" encoding="utf-8"?>',
        '<ServerManagerConfiguration version="6.1">',
        "  <ServerManager>",
        f'    <Listener Port="{port}" />',
        "  </ServerManager>",
        "</ServerManagerConfiguration>",
    ]
    return _document(lines, bom=False)


def agent_client_xml(port: int, naming: str) -> bytes:
    """AgentClientApp.config.xml of an operator PC."""
    lines = [
        '<?xml version="1.0" encoding="utf-8"?>',
        '<AgentClientAppConfiguration version="6.1">',
        '  <AgentClientApp Executable="AgentClientApp.exe">',
        _arguments("    ", (port,), naming),
        '    <Language default="en-US" />',
        "  </AgentClientApp>",
        "</AgentClientAppConfiguration>",
    ]
    return _document(lines, bom=False)


AJP = (
    '    <Connector port="8009" protocol="AJP/1.3" address="0.0.0.0" secretRequired="false"',
    '               redirectPort="8443" />',
)
TLS = (
    '    <Connector port="8443" protocol="org.apache.coyote.http11.Http11NioProtocol" maxThreads="150"',
    '               SSLEnabled="true" scheme="https" secure="true" clientAuth="false" sslProtocol="TLS"',
    '               keystoreFile="********" keystorePass="********" />',
)


def tomcat_server_xml(http: str = "8080", ajp: bool = True, tls: bool = True) -> bytes:
    """server.xml as shipped, with the connectors that are wanted; the others stay commented out."""
    lines = [
        '<?xml version="1.0" encoding="utf-8"?>',
        '<!-- Note:  A "Server" is not itself a "Container", so you may not define subcomponents such as',
        '     "Valves" at this level. -->',
        '<Server port="8005" shutdown="SHUTDOWN">',
        '  <Listener className="org.apache.catalina.startup.VersionLoggerListener" />',
        '  <Listener className="org.apache.catalina.core.JreMemoryLeakPreventionListener" />',
        '  <Listener className="org.apache.catalina.mbeans.GlobalResourcesLifecycleListener" />',
        '  <Service name="Catalina">',
        '    <!--<Executor name="tomcatThreadPool" namePrefix="catalina-exec-" maxThreads="150" />-->',
        f'    <Connector port="{http}" protocol="HTTP/1.1" connectionTimeout="20000" redirectPort="8443" />',
        *(TLS if tls else ("    <!--", *TLS, "    -->")),
        *(AJP if ajp else ("    <!--", *AJP, "    -->")),
        '    <Engine name="Catalina" defaultHost="localhost">',
        '      <Host name="localhost" appBase="webapps" unpackWARs="true" autoDeploy="true">',
        '        <Valve className="org.apache.catalina.valves.AccessLogValve" directory="logs"',
        '               prefix="localhost_access_log" suffix=".txt" pattern="common" />',
        "      </Host>",
        "    </Engine>",
        "  </Service>",
        "</Server>",
    ]
    return _document(lines, bom=False)


def catalina_properties(**properties: str) -> bytes:
    """catalina.properties: the shipped loaders, then the given names (underscores stand for dots)."""
    lines = [
        "# List of comma-separated packages that start with or equal this string",
        "# will cause a security exception to be thrown when",
        "package.access=sun.,org.apache.catalina.,org.apache.coyote.,org.apache.jasper.,org.apache.tomcat.",
        'common.loader="${catalina.base}/lib","${catalina.base}/lib/*.jar","${catalina.home}/lib"',
        "server.loader=",
        "shared.loader=",
        "tomcat.util.buf.StringCache.byte.enabled=true",
        *(f"{name.replace('_', '.')}={value}" for name, value in properties.items()),
    ]
    return _document(lines, bom=False)


def _document(lines: list[str], *, bom: bool) -> bytes:
    """A text file as Windows programs save it."""
    return ("\ufeff" if bom else "").encode() + "".join(f"{line}\r\n" for line in lines).encode("utf-8")
