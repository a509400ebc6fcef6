"""Checks the golden vectors with tools that share no code with the project: cbor2 for the bytes, openssl for the signatures,
hashlib and hmac for the rest. Prints one JSON object with what was checked; any difference ends it with a sentence."""
import base64
import hashlib
import hmac
import json
import pathlib
import subprocess
import sys
import tempfile
import zlib

import cbor2

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
# SubjectPublicKeyInfo of a compressed P-256 point, without its 33 bytes (RFC 5480).
SPKI = bytes.fromhex("3039301306072a8648ce3d020106082a8648ce3d030107032200")
FIELDS = ["format", "node", "boot", "sequence", "opened", "uptime", "clock", "firmware", "profile", "previous", "counters", "readings"]
folder = pathlib.Path(sys.argv[1])


def load(name):
    return json.loads((folder / name).read_text())


def need(condition, sentence):
    if not condition:
        sys.exit(sentence)


def der(signature):
    def integer(part):
        body = part.lstrip(b"\0") or b"\0"
        body = (b"\0" if body[0] & 0x80 else b"") + body
        return b"\x02" + bytes([len(body)]) + body

    both = integer(signature[:32]) + integer(signature[32:])
    return b"\x30" + bytes([len(both)]) + both


def verifies(public_key, signed, signature):
    with tempfile.TemporaryDirectory() as work:
        paths = [pathlib.Path(work) / name for name in ("key", "signature", "signed")]
        for path, content in zip(paths, (SPKI + public_key, der(signature), signed)):
            path.write_bytes(content)
        command = ["openssl", "dgst", "-sha256", "-verify", paths[0], "-keyform", "DER", "-signature", paths[1], paths[2]]
        return subprocess.run(command, capture_output=True, check=False).returncode == 0


def base32(raw):
    bits = int.from_bytes(raw, "big")
    return "".join(ALPHABET[bits >> shift & 31] for shift in range(75, -1, -5))


keys = {key["name"]: key for key in load("keys.json")}
for key in keys.values():
    public, secret = bytes.fromhex(key["publicKey"]), bytes.fromhex(key["secret"])
    node = hashlib.sha256(public).digest()[:10]
    need(base32(node) == key["nodeId"] and node.hex() == key["nodeIdBytes"], f"{key['name']}: the node id is not the hash of its key")
    need(hmac.digest(secret, b"depin/1/login", "sha256").hex() == key["loginPassword"], f"{key['name']}: login password")
    need(hmac.digest(secret, b"depin/1/down", "sha256").hex() == key["downKey"], f"{key['name']}: down key")

signatures = 0
for vector in load("batches.json") + load("gaps.json") + load("pairs.json") + load("reports.json") + [one for one in load("moves.json") if "signature" in one]:
    name, key = vector["name"], keys[vector["key"]]
    payload, signature, message = (bytes.fromhex(vector[part]) for part in ("payload", "signature", "message"))
    envelope = cbor2.loads(message)
    need(isinstance(envelope, cbor2.CBORTag) and envelope.tag == 18, f"{name}: no COSE_Sign1 tag")
    need(envelope.value == [bytes.fromhex("a10126"), {4: bytes.fromhex(key["nodeIdBytes"])}, payload, signature], f"{name}: envelope")
    need(hashlib.sha256(payload).hexdigest() == vector["payloadHash"], f"{name}: payload hash")
    signed = cbor2.dumps(["Signature1", bytes.fromhex("a10126"), vector["context"].encode(), payload], canonical=True)
    need(signed.hex() == vector["toBeSigned"], f"{name}: Sig_structure")
    need(0 < int.from_bytes(signature[32:], "big") <= ORDER // 2, f"{name}: s is not low")
    need(verifies(bytes.fromhex(key["publicKey"]), signed, signature), f"{name}: openssl does not verify the signature")
    need(not verifies(bytes.fromhex(key["publicKey"]), signed + b"\0", signature), f"{name}: openssl verifies anything")
    signatures += 1
    items = cbor2.loads(payload)
    need(cbor2.dumps(items, canonical=True) == payload, f"{name}: not deterministic")
    if vector["context"] == "depin/1/batch":
        decoded = dict(zip(FIELDS, items))
        fields = vector["fields"]
        need(len(items) == 12 and decoded["format"] == 1 and base32(decoded["node"]) == fields["node"], f"{name}: head")
        for field in ("boot", "sequence", "opened", "uptime", "clock", "profile", "counters", "readings"):
            need(decoded[field] == fields[field], f"{name}: {field}")
        for field in ("firmware", "previous"):
            need(decoded[field].hex() == fields[field], f"{name}: {field}")
        closing = [opening + sum(reading[1 + i] for reading in decoded["readings"]) for i, opening in enumerate(decoded["counters"])]
        need(closing == fields["closing"], f"{name}: closing counters")
    if vector["context"] == "depin/1/pair":
        fields = vector["fields"]
        told = [1, key["nodeIdBytes"], fields["session"], fields["nonce"], fields["claim"], fields["presses"], fields["boot"], fields["sequence"]]
        need([item.hex() if isinstance(item, bytes) else item for item in items] == told, f"{name}: fields")

    if vector["context"] == "depin/1/update":
        fields = vector["fields"]
        names = ("session", "attempt", "counter", "release", "state", "reason", "blocksHeld", "firmware", "boot", "sequence")
        need([item.hex() if isinstance(item, bytes) else item for item in items] == [1, key["nodeIdBytes"]] + [fields[field] for field in names], f"{name}: fields")

    if vector["context"] == "depin/1/settings":
        fields = vector["fields"]
        told = [1, key["nodeIdBytes"], fields["session"], fields["version"], fields["state"], fields["refusal"]]
        need([item.hex() if isinstance(item, bytes) else item for item in items] == told, f"{name}: fields")

countersignatures = 0
MANIFEST = ["release", "build", "security", "product", "profiles", "loaderMin", "bundleBytes", "bundleSha256", "blockBytes", "assembly", "batteryMin", "notBefore", "expires", "returnsFrom"]
for vector in load("releases.json") + [one for one in load("moves.json") if "signatures" in one]:
    name, payload, message = vector["name"], bytes.fromhex(vector["payload"]), bytes.fromhex(vector["message"])
    envelope = cbor2.loads(message)
    need(isinstance(envelope, cbor2.CBORTag) and envelope.tag == 98 and cbor2.dumps(envelope, canonical=True) == message, f"{name}: no deterministic COSE_Sign")
    by_key = sorted(vector["signatures"], key=lambda signature: signature["keyId"])
    listed = [[bytes.fromhex("a10126"), {4: bytes.fromhex(one["keyId"])}, bytes.fromhex(one["signature"])] for one in by_key]
    need(envelope.value == [b"", {}, payload, listed], f"{name}: envelope")
    need(hashlib.sha256(payload).hexdigest() == vector["payloadHash"], f"{name}: payload hash")
    signed = cbor2.dumps(["Signature", b"", bytes.fromhex("a10126"), vector["context"].encode(), payload], canonical=True)
    need(signed.hex() == vector["toBeSigned"], f"{name}: Sig_structure")
    for one in by_key:
        public, signature = bytes.fromhex(keys[one["key"]]["publicKey"]), bytes.fromhex(one["signature"])
        need(hashlib.sha256(public).digest()[:8].hex() == one["keyId"], f"{name}: key id of {one['key']}")
        need(0 < int.from_bytes(signature[32:], "big") <= ORDER // 2, f"{name}: s of {one['key']} is not low")
        need(verifies(public, signed, signature), f"{name}: openssl does not verify the signature of {one['key']}")
        need(not verifies(public, signed + b"\0", signature), f"{name}: openssl verifies anything")
        countersignatures += 1
    items, fields = cbor2.loads(payload), vector["fields"]
    need(cbor2.dumps(items, canonical=True) == payload, f"{name}: not deterministic")
    if vector["rule"] == "key-rotation":
        need(items == [1, fields["version"], [bytes.fromhex(one) for one in fields["keys"]]], f"{name}: fields")
    elif vector["rule"] == "settings-change":
        networks = [[bytes.fromhex(part) for part in network] for network in fields["networks"]]
        need(items == [1, fields["version"], networks, fields["host"], fields["port"], [bytes.fromhex(one) for one in fields["anchors"]]], f"{name}: fields")
    else:
        need([item.hex() if isinstance(item, bytes) else item for item in items] == [1] + [fields[field] for field in MANIFEST], f"{name}: fields")

sealed = 0
for vector in load("messages.json"):
    message = cbor2.loads(bytes.fromhex(vector["message"]))
    need(cbor2.dumps(message, canonical=True).hex() == vector["message"], f"{vector['name']}: not deterministic")
    if "topic" in vector:
        payload = bytes.fromhex(vector["payload"])
        down_key = bytes.fromhex(keys[vector["key"]]["downKey"])
        mac = hmac.digest(down_key, vector["topic"].encode() + b"\0" + payload, "sha256")[:16]
        need(message == [payload, mac], f"{vector['name']}: seal")
        need(cbor2.dumps(cbor2.loads(payload), canonical=True) == payload, f"{vector['name']}: payload not deterministic")
        sealed += 1

lines = 0
for vector in load("flash.json"):
    message = bytes.fromhex(vector["message"])
    need(cbor2.dumps(cbor2.loads(message), canonical=True) == message, f"{vector['name']}: not deterministic")
    need(vector["line"] == f"DEPIN1 {base64.b64encode(message).decode()} {zlib.crc32(message):08x}", f"{vector['name']}: line")
    lines += 1
    if "signature" in vector:
        key, payload, signature = keys[vector["key"]], bytes.fromhex(vector["payload"]), bytes.fromhex(vector["signature"])
        proof, password, down_key = cbor2.loads(message)[3]
        need(cbor2.loads(proof).value == [bytes.fromhex("a10126"), {4: bytes.fromhex(key["nodeIdBytes"])}, payload, signature], f"{vector['name']}: envelope")
        need(password.hex() == key["loginPassword"] and down_key.hex() == key["downKey"], f"{vector['name']}: what follows from the secret")
        need(cbor2.loads(payload)[1].hex() == key["publicKey"], f"{vector['name']}: public key")
        signed = cbor2.dumps(["Signature1", bytes.fromhex("a10126"), vector["context"].encode(), payload], canonical=True)
        need(verifies(bytes.fromhex(key["publicKey"]), signed, signature), f"{vector['name']}: openssl does not verify the signature")
        signatures += 1

print(json.dumps({"countersignatures": countersignatures, "lines": lines, "keys": len(keys), "signatures": signatures, "sealed": sealed}))
