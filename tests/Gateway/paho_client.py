"""Logs in as a node with paho, publishes a signed batch, prints the receipt, then breaks one rule after the other and prints
which of them ended the connection."""
import sys
import threading

import paho.mqtt.client as mqtt

host, port, authority, node, password, batch = sys.argv[1:7]
RECEIPT = f"depin/1/{node}/down/receipt"


class Login:
    def __init__(self, secret=password):
        self.connected, self.closed, self.code, self.receipts = threading.Event(), threading.Event(), None, []
        self.received = threading.Semaphore(0)
        versions = getattr(mqtt, "CallbackAPIVersion", None)
        self.client = mqtt.Client(versions.VERSION1, node, True) if versions else mqtt.Client(node, True)
        self.client.username_pw_set(node, secret)
        self.client.tls_set(authority)
        self.client.on_connect = self.on_connect
        self.client.on_disconnect = lambda *_: self.closed.set()
        self.client.on_message = self.on_message
        self.client.reconnect_delay_set(3600)
        self.client.connect(host, int(port), 30)
        self.client.loop_start()
        if not self.connected.wait(10):
            sys.exit("no CONNACK in 10 s")

    def on_connect(self, _client, _data, _flags, code):
        self.code = code
        self.connected.set()

    def on_message(self, _client, _data, message):
        self.receipts.append(message.payload)
        self.received.release()

    def expect_closed(self, offence):
        if not self.closed.wait(10):
            sys.exit(f"still open after: {offence}")
        print(f"closed: {offence}", flush=True)
        self.client.loop_stop()


login = Login()
login.client.subscribe(RECEIPT, 1)
if not login.received.acquire(timeout=10):
    sys.exit("no receipt for SUBSCRIBE")
with open(batch, "rb") as file:
    login.client.publish(f"depin/1/{node}/up/batch", file.read(), 1).wait_for_publish(10)
if not login.received.acquire(timeout=10):
    sys.exit("no receipt for the batch")
print("receipt " + login.receipts[-1].hex(), flush=True)
login.client.disconnect()
login.client.loop_stop()

login = Login()
login.client.publish("depin/1/0000000000000000/up/batch", b"x", 1)
login.expect_closed("publish elsewhere")

login = Login()
login.client.subscribe("depin/1/0000000000000000/down/receipt", 1)
login.expect_closed("subscribe elsewhere")

login = Login()
login.client._send_connect(30)  # paho offers no call for a second CONNECT on one connection
login.expect_closed("second CONNECT")

login = Login()
login.client.publish(f"depin/1/{node}/up/batch", bytes(20 * 1024), 1)
login.expect_closed("oversized packet")

login = Login("0" * 64)
if login.code == 0:
    sys.exit("a wrong password was welcome")
login.expect_closed("wrong password")
