"""
Runs one of Mosquitto's broker scripts against our broker: mosquitto.py SCRIPT PORT SETTINGS.

A script starts and ends brokers; each is ours, with SETTINGS (JSON) and what its configuration asks for. Where it asks
for what only Mosquitto has, the exit code is 77.

The scripts compare bytes. Not compared is what MQTT leaves to a broker:
- the properties of CONNACK, and reasons in words;
- the long or short form of an acknowledgement, and whether 0x10 (no matching subscribers) stands for 0x00;
- the order of properties of different kinds.
"""
import atexit
import json
import os
import socket
import subprocess
import sys
import time

script, port, settings = sys.argv[1:4]
here = os.path.dirname(os.path.abspath(__file__))
os.chdir(os.path.dirname(script))
sys.path.insert(0, "..")
sys.path.insert(0, ".")
sys.argv = [script, port]
import mosq_test

NOT_APPLICABLE = 77
STARTS_MAX = 200
#: Mosquitto's names of what our broker can be set to as well.
SETTINGS = {
    "max_keepalive": "keepAliveSecondsMax",
    "max_packet_size": "packetBytesMax",
}
#: A packet's fixed header, which Mosquitto counts in.
FRAME_BYTES = 2
DEFAULTS = ("port", "listener", "allow_anonymous true")


def not_applicable(what):
    print(f"NOT APPLICABLE: {what}")
    sys.stdout.flush()
    os._exit(NOT_APPLICABLE)


def configured(filename):
    asked = {}
    for line in open(filename.replace(".py", ".conf")).read().splitlines():
        name, _, value = line.strip().partition(" ")
        if name in SETTINGS:
            asked[SETTINGS[name]] = int(value) - (FRAME_BYTES if name == "max_packet_size" else 0)
        elif name != "" and not line.strip().startswith(DEFAULTS):
            not_applicable(f"Mosquitto's setting {line.strip()}")
    return asked


def start_broker(filename, cmd=None, port=0, use_conf=False, expect_fail=False, nolog=False):
    if cmd is not None:
        not_applicable("a command line of Mosquitto's own")
    asked = {**json.loads(settings), **(configured(filename) if use_conf else {})}
    arguments = ["node", os.path.join(here, "broker.mjs"), str(port), json.dumps(asked)]
    broker = subprocess.Popen(arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    atexit.register(broker.kill)
    for _ in range(STARTS_MAX):
        try:
            with socket.create_connection(("127.0.0.1", port)) as first:
                # The first connection of a process is slow, which is not what is timed.
                first.sendall(mosq_test.gen_connect("warm-up"))
                first.recv(4)
                first.sendall(bytes([DISCONNECT, 0]))
                first.recv(1)
            return broker
        except OSError:
            time.sleep(0.05)
    raise OSError("the broker does not start")


CONNECT, CONNACK, PUBLISH, DISCONNECT = 0x10, 0x20, 0x30, 0xE0
ACKNOWLEDGEMENTS = (0x40, 0x50, 0x62, 0x70)
NO_MATCHING_SUBSCRIBERS = 0x10
#: How a property's value is laid out, by its identifier: a number of bytes, or a text.
TEXTS = (0x03, 0x08, 0x09, 0x12, 0x15, 0x16, 0x1A, 0x1C, 0x1F)
FIXED = {0x01: 1, 0x02: 4, 0x11: 4, 0x13: 2, 0x21: 2, 0x22: 2, 0x23: 2, 0x24: 1, 0x25: 1, 0x27: 4}
USER_PROPERTY, SUBSCRIPTION_IDENTIFIER = 0x26, 0x0B


def number(data, at):
    """A variable byte integer, and where it ends."""
    value = place = 0
    while True:
        value += (data[at] & 0x7F) << (7 * place)
        place += 1
        at += 1
        if data[at - 1] & 0x80 == 0:
            return value, at


def end_of_property(data, at):
    identifier, at = data[at], at + 1
    if identifier == SUBSCRIPTION_IDENTIFIER:
        return number(data, at)[1]
    if identifier in FIXED:
        return at + FIXED[identifier]
    for _ in range(2 if identifier == USER_PROPERTY else 1):
        at += 2 + int.from_bytes(data[at : at + 2], "big")
    return at


def with_ordered_properties(packet):
    _, body = number(packet, 1)
    at = body + 2 + int.from_bytes(packet[body : body + 2], "big") + (2 if packet[0] & 0x06 else 0)
    length, start = number(packet, at)
    at, properties = start, []
    while at < start + length:
        end = end_of_property(packet, at)
        properties.append(packet[at:end])
        at = end
    return packet[:start] + b"".join(sorted(properties, key=lambda one: one[0])) + packet[at:]


def comparable(packet, version):
    if len(packet) < 2:
        return packet
    kind = packet[0]
    if kind == CONNACK:
        return packet[:1] + packet[2:4]
    if version < 5:
        return packet
    if kind in ACKNOWLEDGEMENTS:
        code = packet[4] if packet[1] > 2 else 0
        return bytes([kind]) + packet[2:4] + bytes([0 if code == NO_MATCHING_SUBSCRIBERS else code])
    if kind == DISCONNECT:
        return packet[:1] + packet[2:3]
    return with_ordered_properties(packet) if kind & 0xF0 == PUBLISH else packet


class Connection(socket.socket):
    """A socket that is read packet by packet."""

    version = 4
    ready = b""

    def send(self, data, *flags):
        if data[:1] == bytes([CONNECT]):
            _, body = number(data, 1)
            self.version = data[body + 2 + int.from_bytes(data[body : body + 2], "big")]
        return super().send(data, *flags)

    def exactly(self, count):
        data = b""
        while len(data) < count:
            try:
                part = super().recv(count - len(data))
            except ConnectionResetError:
                break
            if len(part) == 0:
                break
            data += part
        return data

    def packet(self):
        if len(self.ready) > 0:
            data, self.ready = self.ready, b""
            return data
        head = self.exactly(2)
        while len(head) > 1 and head[-1] & 0x80:
            head += self.exactly(1)
        return head if len(head) < 2 else head + self.exactly(number(head, 1)[0])

    def recv(self, count, *_):
        data = self.packet()
        self.ready = data[count:]
        return data[:count]


def expect(sock, name, expected):
    received = sock.packet()
    if comparable(received, sock.version) == comparable(expected, sock.version):
        return True
    mosq_test.packet_matches(name, received, expected)
    raise mosq_test.TestError


start_process = subprocess.Popen


def start_helper(arguments, **options):
    if str(arguments[0]).startswith("./"):
        arguments = [sys.executable, os.path.join(here, "mosquitto.py"), *arguments, settings]
    return start_process(arguments, **options)


mosq_test.start_broker = start_broker
mosq_test.expect_packet = expect
subprocess.Popen = start_helper
socket.socket = Connection
exec(compile(open(script).read(), script, "exec"), {"__name__": "__main__", "__file__": os.path.basename(script)})
