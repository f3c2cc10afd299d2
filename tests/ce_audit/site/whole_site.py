"""A site file that holds every key there is."""

WHOLE = r"""
role = "core-server"
expected_profile = "Domain"
naming_port = 9999
tomcat_version = "8.5.40"

[install_directory]
core_server = 'D:\Contact Expert\'
operator_pc = 'C:/CE'

[network]
ce_servers = ["10.1.0.10", "10.2.0.0/16", "fd00::/8", "10.3.0.1-10.3.0.9"]
clients = ["10.9.0.0/16"]
sfb_front_ends = ["10.1.0.20"]
dmz_proxies = ["192.0.2.1"]

[[port_location]]
component = "Server Agent"
xpath = "//Listener[@name='main']/@port"

[[port_location]]
component = "sms-delivery-service"
section = "Listener"
key = "Port"

[[recording_channel]]
channel = "Trunk 1"
recorder = "sip"
media_port = 30000
control_port = 30001

[[endpoint]]
id = "license-server"
ports = [{ port = 9950 }]

[[endpoint]]
id = "our-recorder"
component = "Our Recorder"
section = "core-server"
executable = 'Ours\Recorder.exe'
ports = [{ port = 9990, protocol = "udp", purpose = "media" }]
sources = ["server", "client"]
impact = "Calls are not recorded."

[severity]
restart-pending = "info"

[[check_off]]
check = "cmdlets-not-rerun"
reason = "Group Policy writes our rules."
"""
