"""What is a secret in a configuration file: one list for Python's masking and the collector's."""

SECRETS = [  # as it stands, as it may leave the host
    # attributes
    (
        b'<Connector keystorePass="Xk7!geheim" port="8443"/>',
        b'<Connector keystorePass="***" port="8443"/>',
    ),
    (b"<a PASSWORD = 'Xk7!geheim'/>", b"<a PASSWORD = '***'/>"),
    (b'<a\n  db:pwd="Xk7!geheim"\n  port="1"/>', b'<a\n  db:pwd="***"\n  port="1"/>'),
    (b'<add connectionString="Server=h,1433;Pwd=Xk7!geheim"/>', b'<add connectionString="***"/>'),
    # named by a neighbour
    (b'<add key="DbPassword" value="Xk7!geheim"/>', b'<add key="DbPassword" value="***"/>'),
    (b'<add value="Xk7!geheim" key="DbPassword"/>', b'<add value="***" key="DbPassword"/>'),
    (b'<s name="Secret"><value>Xk7!geheim</value></s>', b'<s name="Secret"><value>***</value></s>'),
    (b'<param name="password">Xk7!geheim</param>', b'<param name="password">***</param>'),
    (b'<s name="token" value="Xk7!geheim" port="9"></s>', b'<s name="token" value="***" port="9"></s>'),
    # elements
    (b"<Password>Xk7!geheim</Password>", b"<Password>***</Password>"),
    (b'<a:secret x="1">Xk7!geheim</a:secret>', b'<a:secret x="1">***</a:secret>'),
    (b"<password><![CDATA[Xk7!geheim]]></password>", b"<password>***</password>"),
    # ini and properties
    (b"Password=Xk7!geheim\r\nPort=25\r\n", b"Password=***\r\nPort=25\r\n"),
    (b"  db.password : Xk7!geheim\nport=1", b"  db.password : ***\nport=1"),
    (b"Password='Xk7!geheim\nport=1", b"Password=***\nport=1"),
    (b"password=Xk7\\\n  !geheim\nport=1", b"password=***\nport=1"),
    (b'[x]\nPwd="Xk7!geheim"\nport=1', b'[x]\nPwd="***"\nport=1'),
    # inside a value
    (b'url="jdbc:x;user=sa;password=Xk7!geheim;port=1"', b'url="jdbc:x;user=sa;password=***;port=1"'),
    (b'db="Data Source=x;Pwd=Xk7 !geheim;Timeout=3"', b'db="Data Source=x;Pwd=***;Timeout=3"'),
    (b'db="User ID=Xk7!geheim;Timeout=3"', b'db="User ID=***;Timeout=3"'),
    (b'db="Password=a&quot;Xk7!geheim;Timeout=3"', b'db="Password=***;Timeout=3"'),
    (
        b'args="-Djavax.net.ssl.keyStorePassword=Xk7!geheim -ORBEndpoint iiop://:9901"',
        b'args="-Djavax.net.ssl.keyStorePassword=*** -ORBEndpoint iiop://:9901"',
    ),
    (b'args="-password Xk7!geheim -port 1"', b'args="-password *** -port 1"'),
    (b'args="/pwd:Xk7!geheim /port:1"', b'args="/pwd:*** /port:1"'),
    # a quote that is part of the secret
    (b"<a password=\"'Xk7!geheim'\"/>", b'<a password="***"/>'),
    (b'Password=""Xk7!geheim\nport=1', b"Password=***\nport=1"),
    (b"<u>tcp://sa:Xk7!geheim@h:9900</u>", b"<u>tcp://sa:***@h:9900</u>"),
]

PLAIN = [  # kept byte for byte
    # no secret is there: a mask would say that there is one
    b'<Connector protocol="AJP/1.3" secret="" port="8009"/>',
    b"<Connector protocol='AJP/1.3'\n  secret='' port='8009'/>",
    b'<Connector\n  secret=" "\n  port="8009"/>',
    b'<Connector\n  secret=""/>',
    b'<add key="DbPassword" value=""/><s name="Secret"><value></value></s><s name="token"> </s>',
    b"<Password></Password>\n<secret>\n</secret>",
    b"Password=\r\nPort=25\r\nPwd = \r\n\r\nUrl=x\r\n",
    b"Password=''\r\nPwd=\"\"\r\nPort=25\r\n",
    b'db="Data Source=x;Pwd=;Timeout=3" u="uid="',
    b"password:\nport: 1\n",
    b'<server name="SDServer" args="-ORBListenEndpoints iiop://:9904/portspan=5 -ORBDebugLevel 0"/>',
    b'<a args="-ORBEndpoint iiop://1.2@host:9999,[::1]:9998/ssl_port=9443&amp;hostname_in_ior=x"/>',
    b'<Connector port="8080" redirectPort="8443" secure="true" scheme="https"/>',
    b'<a tokenPort="9911" bypassPort="9912"/>',
    b"token.service.port=9930\n",
    b'<Connector port="8009" secretRequired="false" keystorePass="********"/>',
    b"secretRequired = true\r\nPassword=********\r\n",
    b"shutdown.port=-1\nhttp.port=8080\n",
    b'<Server port="8005" shutdown="SHUTDOWN">\n',
    b"",
    b"\0\0\xff\xfe binary \x80",
]

COMMANDS = [  # command lines of services and text of registry values, where quotes open a value
    (
        r'"C:\Program Files\S\s.exe" -password Xk7!geheim -port 1',
        r'"C:\Program Files\S\s.exe" -password *** -port 1',
    ),
    (r'C:\s.exe -password "Xk7 geheim" /port:1', r'C:\s.exe -password "***" /port:1'),
    (r"C:\s.exe --db.pwd='Xk7 geheim' -x", r"C:\s.exe --db.pwd='***' -x"),
    (r'C:\s.exe /secret:"Xk7 geheim"', r'C:\s.exe /secret:"***"'),
    (r'C:\s.exe -Dpassword="Xk7 geheim" -x', r'C:\s.exe -Dpassword="***" -x'),
    (r'C:\s.exe -dsn "Server=h;Pwd=Xk7 geheim"', r'C:\s.exe -dsn "Server=h;Pwd=***"'),
    (r'"C:\Token Ring\s.exe" -x "C:\a b"', r'"C:\Token Ring\s.exe" -x "C:\a b"'),
    (r'C:\s.exe -tokens "true" -k netsvcs', r'C:\s.exe -tokens "true" -k netsvcs'),
    (r'C:\s.exe -password "" -port 1', r'C:\s.exe -password "" -port 1'),
]
