"""The usual way to take signed readings, to measure the backend beside: a subscriber behind a broker checks each batch's signature, inserts
its readings row by row, commits, and only then answers the node with what it has stored. Ends at SIGTERM, with the number of rows on stdout.

It looks at no chain, no physics and no money, and does not seal its receipts."""
import argparse
import hashlib
import signal
import sqlite3
import time

import cbor2
import paho.mqtt.client as mqtt
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, utils

TABLE = """CREATE TABLE reading(
    node TEXT NOT NULL, sequence BIGINT NOT NULL, opened BIGINT NOT NULL, seconds BIGINT NOT NULL,
    harvested BIGINT NOT NULL, delivered BIGINT NOT NULL, imported BIGINT NOT NULL,
    battery_permille BIGINT NOT NULL, battery_millivolts BIGINT NOT NULL, celsius BIGINT NOT NULL, flags BIGINT NOT NULL,
    received BIGINT NOT NULL, PRIMARY KEY(node, sequence))"""
COLUMNS = 12

arguments = argparse.ArgumentParser()
arguments.add_argument("--port", type=int, required=True)
arguments.add_argument("--keys", required=True, help="a line for each node: its id and its public key, both in hex")
arguments.add_argument("--sqlite")
arguments.add_argument("--postgres")
options = arguments.parse_args()

if options.postgres:
    import psycopg2

    database, mark = psycopg2.connect(options.postgres), "%s"
else:
    database, mark = sqlite3.connect(options.sqlite), "?"
    database.execute("PRAGMA journal_mode=WAL")
INSERT = f"INSERT INTO reading VALUES({','.join([mark] * COLUMNS)}) ON CONFLICT DO NOTHING"
cursor = database.cursor()
cursor.execute(TABLE)
database.commit()

with open(options.keys, encoding="ascii") as file:
    keys = {
        bytes.fromhex(node): ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), bytes.fromhex(key))
        for node, key in map(str.split, file)
    }


def is_signed(key, protected, payload, signature):
    signed = cbor2.dumps(["Signature1", protected, b"depin/1/batch", payload])
    both = utils.encode_dss_signature(int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:], "big"))
    try:
        key.verify(both, signed, ec.ECDSA(hashes.SHA256()))
        return True
    except InvalidSignature:
        return False


def on_message(client, _data, message):
    name = message.topic.split("/")[2]
    protected, header, payload, signature = cbor2.loads(message.payload).value
    node = header[4]
    if node not in keys or not is_signed(keys[node], protected, payload, signature):
        print(f"refused: a batch of {name}", flush=True)
        return
    batch = cbor2.loads(payload)
    sequence, opened, readings = batch[3], batch[4], batch[11]
    received = int(time.time())
    for i, reading in enumerate(readings):
        cursor.execute(INSERT, (name, sequence + i, opened, *reading[:8], received))
        opened += reading[0]
    database.commit()
    receipt = [1, node, bytes(8), 0, sequence + len(readings), hashlib.sha256(payload).digest(), batch[10], received, 0]
    client.publish(f"depin/1/{name}/down/receipt", cbor2.dumps([cbor2.dumps(receipt), b""]))


versions = getattr(mqtt, "CallbackAPIVersion", None)
subscriber = mqtt.Client(versions.VERSION1, "subscriber") if versions else mqtt.Client("subscriber")
subscriber.on_connect = lambda client, *_: client.subscribe("depin/1/+/up/batch", 1)
subscriber.on_subscribe = lambda *_: print("ready", flush=True)
subscriber.on_message = on_message
signal.signal(signal.SIGTERM, lambda *_: subscriber.disconnect())
subscriber.connect("127.0.0.1", options.port)
subscriber.loop_forever()
cursor.execute("SELECT count(*) FROM reading")
print(cursor.fetchone()[0], flush=True)
