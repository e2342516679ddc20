"""
Runs one of Mosquitto's broker scripts against the broker on a port: mosquitto.py SCRIPT PORT VERSION.

The scripts compare bytes. What MQTT leaves to a broker is not compared: the properties of CONNACK.
"""
import os
import sys

script, port, version = sys.argv[1:4]
os.chdir(os.path.dirname(script))
sys.path.insert(0, "..")
sys.path.insert(0, ".")
sys.argv = [script, port]
import mosq_test

CONNACK = 0x20


class Broker:
    """Stands for the process that a script starts and ends."""

    returncode = 0

    def terminate(self):
        pass

    def wait(self, timeout=None):
        return 0

    def poll(self):
        return None

    def communicate(self, timeout=None):
        return (b"", b"")


def start_broker(filename, cmd=None, port=0, use_conf=False, expect_fail=False, nolog=False):
    if cmd is not None or use_conf:
        print("NOT APPLICABLE: a configuration of Mosquitto's own")
        sys.exit(77)
    return Broker()


ACKNOWLEDGEMENTS = (0x40, 0x50, 0x62, 0x70)
LONG = 4
DISCONNECT = 0xE0


class Shortened:
    """A socket whose acknowledgements of MQTT 5 come in the short form, and without reasons in words."""

    def __init__(self, sock):
        self.sock = sock
        self.ready = b""

    def __getattr__(self, name):
        return getattr(self.sock, name)

    def exactly(self, count):
        data = b""
        while len(data) < count:
            part = self.sock.recv(count - len(data))
            if len(part) == 0:
                break
            data += part
        return data

    def packet(self):
        head = self.exactly(2)
        while len(head) > 1 and head[-1] & 0x80:
            head += self.exactly(1)
        length = sum((byte & 0x7F) << (7 * place) for place, byte in enumerate(head[1:]))
        body = self.exactly(length)
        if len(head) == 2 and head[0] in ACKNOWLEDGEMENTS and length >= LONG and body[3] in (0, length - LONG):
            body = body[:2] if body[2] == 0 else body[:3]
            head = bytes([head[0], len(body)])
        elif head[0] == DISCONNECT and length > 1:
            body = body[:1]
            head = bytes([DISCONNECT, 1])
        return head + body

    def recv(self, count, *_):
        if len(self.ready) == 0:
            self.ready = self.packet()
        while len(self.ready) < count and len(self.ready) > 0:
            self.sock.settimeout(0.2)
            try:
                more = self.packet()
            except OSError:
                break
            finally:
                self.sock.settimeout(10)
            if len(more) == 0:
                break
            self.ready += more
        data, self.ready = self.ready[:count], self.ready[count:]
        return data


connect_only = mosq_test.client_connect_only
expect_packet = mosq_test.expect_packet


def expect(sock, name, expected):
    if len(expected) < 5 or expected[0] != CONNACK:
        return expect_packet(sock, name, expected)
    received = sock.recv(2)
    received += sock.recv(received[1]) if len(received) == 2 else b""
    if received[:1] + received[2:4] == expected[:1] + expected[2:4]:
        return True
    mosq_test.packet_matches(name, received, expected)
    raise mosq_test.TestError


mosq_test.start_broker = start_broker
mosq_test.client_connect_only = lambda *args, **options: Shortened(connect_only(*args, **options))
mosq_test.expect_packet = expect

# A script is run for one version at a time, so that what fails of one does not hide the other.
text = open(script).read()
VERSIONS = {"4": "5", "5": "4"}
for call in (f"do_test(proto_ver={VERSIONS[version]})", f"do_test({VERSIONS[version]})"):
    text = text.replace(f"\n{call}", f"\n# {call}")
exec(compile(text, script, "exec"), {"__name__": "__main__", "__file__": script})
