"""Verifies a signed release with cbor2 and openssl, which share no code with the project, and opens its key files with openssl.
usage: cose_check.py RELEASE BUNDLE PASSPHRASE_FILE KEY...; prints one JSON object."""
import hashlib
import json
import pathlib
import subprocess
import sys
import tempfile

import cbor2

# SubjectPublicKeyInfo of a compressed P-256 point, without its 33 bytes (RFC 5480).
SPKI = bytes.fromhex("3039301306072a8648ce3d020106082a8648ce3d030107032200")
release, bundle, passphrase, *keys = sys.argv[1:]
message = cbor2.loads(pathlib.Path(release).read_bytes())
if not isinstance(message, cbor2.CBORTag) or message.tag != 98 or message.value[0] != b"" or message.value[1] != {}:
    sys.exit("it is no COSE_Sign with empty headers")
payload, signatures = message.value[2:]


def openssl(*arguments):
    done = subprocess.run(["openssl", *arguments], capture_output=True, check=False)
    if done.returncode:
        sys.exit(f"openssl {arguments[0]}: {done.stderr.decode()}")
    return done.stdout


def der(signature):
    parts = b""
    for part in (signature[:32], signature[32:]):
        body = part.lstrip(b"\0")
        body = (b"\0" if body[0] & 0x80 else b"") + body
        parts += b"\x02" + bytes([len(body)]) + body
    return b"\x30" + bytes([len(parts)]) + parts


verified = []
with tempfile.TemporaryDirectory() as work:
    at = pathlib.Path(work)
    for key in keys:
        public = bytes.fromhex(pathlib.Path(key + ".pub").read_text().strip())
        opened = openssl("pkey", "-in", key, "-passin", f"file:{passphrase}", "-pubout", "-outform", "DER", "-ec_conv_form", "compressed")
        if opened[-33:] != public:
            sys.exit(f"{key}: the public half beside it is another key's")
        kid = hashlib.sha256(public).digest()[:8]
        for protected, unprotected, signature in signatures:
            if unprotected == {4: kid} and protected == bytes.fromhex("a10126"):
                (at / "key").write_bytes(SPKI + public)
                (at / "signature").write_bytes(der(signature))
                (at / "signed").write_bytes(cbor2.dumps(["Signature", b"", protected, b"depin/1/release", payload], canonical=True))
                openssl("dgst", "-sha256", "-verify", str(at / "key"), "-keyform", "DER", "-signature", str(at / "signature"), str(at / "signed"))
                verified.append(kid.hex())

manifest = cbor2.loads(payload)
if manifest[8] != hashlib.sha256(pathlib.Path(bundle).read_bytes()).digest():
    sys.exit("the bundle is another one")
print(json.dumps({"verified": verified, "assembly": manifest[10], "build": manifest[2], "profiles": manifest[5]}))
