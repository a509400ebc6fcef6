"""Reads formats.cddl, as much of RFC 8610 as it uses, and holds every golden vector against it. The vectors must be in their rule;
a refused one whose fault is a type, a bound or a length must not be. Prints what was checked as one JSON object."""
import json
import pathlib
import re
import sys

import cbor2

TOKEN = re.compile(r"\"[^\"]*\"|#6\.\d+|-?\d+(?:\.\.-?\d+)?|\d+\*\d+|\.[a-z]+|[A-Za-z][\w-]*|[=:,?*(){}\[\]]|\S")
OCCURS = re.compile(r"(?<![\w.])(\d+)\*(\d+)")
# These rules cross fields or stand outside the bytes; a grammar cannot say them.
BEYOND = {"Inconsistent", "BadSignatureForm", "BadSignature", "BadSignatures", "WrongNode", "TooLarge", "NotShortest", "NotOpened"}


class Grammar:
    def __init__(self, text):
        text = re.sub(r";[^\n]*", "", text)
        text = OCCURS.sub(r"times_\1_\2", text)
        starts = list(re.finditer(r"^([a-z][\w-]*) = ", text, re.M))
        ends = [start.start() for start in starts[1:]] + [len(text)]
        self.rules = {start.group(1): TOKEN.findall(text[start.end():end]) for start, end in zip(starts, ends)}
        self.unbounded = [name for name, tokens in self.rules.items()
                          if any(token in ("uint", "int", "any", "nint", "float", "bool", "*", "+") for token in tokens)
                          or any(token in ("bstr", "bytes", "tstr", "text") and tokens[i + 1:i + 2] not in ([".size"], [".cbor"]) for i, token in enumerate(tokens))]

    def matches(self, rule, value):
        ok, end = self.type(self.rules[rule], 0, value)
        if end != len(self.rules[rule]):
            sys.exit(f"formats.cddl: '{rule}' has something this check does not read: {self.rules[rule][end:]}")
        return ok

    def type(self, tokens, at, value):
        """Whether the value is of the type that begins at a token, and the token behind that type."""
        token = tokens[at]
        if token == "[":
            return self.array(tokens, at, value)
        if token == "{" and tokens[at + 1] == "}":
            return value == {}, at + 2
        if token == "{":
            # One literal key, as COSE's headers have.
            key = int(tokens[at + 1])
            ok, end = self.type(tokens, at + 3, value[key] if isinstance(value, dict) and len(value) == 1 and key in value else None)
            return ok and value is not None, end + 1
        if token.startswith("#6."):
            tagged = isinstance(value, cbor2.CBORTag) and value.tag == int(token[3:])
            ok, end = self.type(tokens, at + 2, value.value if tagged else None)
            return tagged and ok, end + 1
        if token in ("bstr", "bytes"):
            return self.bytes(tokens, at, value)
        if token == "tstr":
            low, _, high = tokens[at + 3].partition("..")
            return isinstance(value, str) and value.isascii() and value.isprintable() and int(low) <= len(value) <= int(high), at + 5
        if re.fullmatch(r"-?\d+(\.\.-?\d+)?", token):
            low, _, high = token.partition("..")
            return type(value) is int and int(low) <= value <= int(high or low), at + 1
        return self.matches(token, value), at + 1

    def bytes(self, tokens, at, value):
        ok = isinstance(value, bytes)
        if tokens[at + 1:at + 2] == [".cbor"]:
            inner = decoded(value) if ok else None
            good, end = self.type(tokens, at + 2, inner)
            return ok and good, end
        if tokens[at + 2] == "(":
            low, _, high = tokens[at + 3].partition("..")
            return ok and int(low) <= len(value) <= int(high), at + 5
        return ok and len(value) == int(tokens[at + 2]), at + 3

    def array(self, tokens, at, value):
        items = list(value) if isinstance(value, list) else None
        ok, rest, end = self.group(tokens, at + 1, items if items is not None else [])
        return items is not None and ok and not rest, end + 1

    def group(self, tokens, at, items):
        """Takes members from the front of the items up to the closing bracket; answers whether they fit, what is left, and where it closes."""
        ok = True
        while tokens[at] not in ("]", ")"):
            optional, low, high = False, 1, 1
            if tokens[at] == "?":
                optional, at = True, at + 1
            if tokens[at + 1] == ":":
                at += 2
            if tokens[at].startswith("times_"):
                low, high, at = *map(int, tokens[at].split("_")[1:]), at + 1
            if tokens[at] in self.rules and self.rules[tokens[at]][0] == "(":
                good, items, _ = self.group(self.rules[tokens[at]], 1, items)
                ok, at = ok and good, at + 1
            else:
                count = 0
                while True:
                    good, end = self.type(tokens, at, items[0] if items else None)
                    if not (good and items and count < high):
                        break
                    items, count = items[1:], count + 1
                ok, at = ok and (count >= low or optional), end
            at += tokens[at] == ","
        return ok, items, at


folder = pathlib.Path(sys.argv[1])
grammar = Grammar((folder.parent / "formats.cddl").read_text())
if grammar.unbounded:
    sys.exit(f"formats.cddl: without a bound: {', '.join(grammar.unbounded)}")


def load(name):
    return json.loads((folder / name).read_text())


def need(condition, sentence):
    if not condition:
        sys.exit(sentence)


def decoded(raw):
    try:
        value = cbor2.loads(raw)
        return value if cbor2.dumps(value, canonical=True) == raw else None
    except (cbor2.CBORDecodeError, EOFError, ValueError, RecursionError):
        return None


def is_signed(rule, raw):
    message = decoded(raw)
    return grammar.matches("signed-" + rule, raw) and grammar.matches("signed", message) and grammar.matches(rule, decoded(message.value[2]))


def is_countersigned(rule, raw):
    message = decoded(raw)
    kind = {"release-manifest": "signed-release", "key-rotation": "signed-rotation", "settings-change": "signed-settings"}[rule]
    return grammar.matches(kind, raw) and grammar.matches("countersigned", message) and grammar.matches(rule, decoded(message.value[2]))


taken = 0
for vector in load("releases.json") + [one for one in load("moves.json") if "signatures" in one]:
    need(is_countersigned(vector["rule"], bytes.fromhex(vector["message"])), f"{vector['name']} is not in rule {vector['rule']}")
    taken += 1
for name, rule in (("batches.json", "batch"), ("gaps.json", "gap"), ("pairs.json", "pair-answer"), ("reports.json", "update-report"), ("moves.json", "settings-report")):
    for vector in (one for one in load(name) if "signature" in one):
        need(is_signed(rule, bytes.fromhex(vector["message"])), f"{vector['name']} is not in rule {rule}")
        taken += 1
for vector in load("messages.json"):
    message = decoded(bytes.fromhex(vector["message"]))
    if "payload" in vector:
        need(grammar.matches("sealed", message), f"{vector['name']} is not in rule sealed")
        message = decoded(bytes.fromhex(vector["payload"]))
    need(grammar.matches(vector["name"], message), f"{vector['name']} is not in its rule")
    taken += 1

for vector in load("flash.json"):
    message = decoded(bytes.fromhex(vector["message"]))
    need(grammar.matches(vector["rule"], message), f"{vector['name']} is not in rule {vector['rule']}")
    if vector["rule"] == "ask-provision":
        need(grammar.matches("settings", decoded(message[5])), f"{vector['name']}: its settings are not in their rule")
    if vector["rule"] == "flash-identity":
        need(grammar.matches("flash-proof", decoded(decoded(message[3][0]).value[2])), f"{vector['name']}: its proof is not in its rule")
    taken += 1

RULES = {"status": ("status", "will"), "pair-challenge": ("pair-challenge", "pair-granted", "pair-withdrawn"),
         "update": ("update-offer", "update-withdraw", "update-busy", "update-keys", "update-heard"), "node-settings": ("settings",),
         "flash-ask": [rule for rule in grammar.rules if rule.startswith("ask")],
         "flash-answer": [rule for rule in grammar.rules if rule.startswith("flash-") and rule != "flash-proof"]}
refused = 0
for vector in load("refused.json"):
    raw, kind = bytes.fromhex(vector["message"]), vector["kind"]
    if vector["reason"] in BEYOND:
        continue
    if kind in ("release", "rotation", "settings-change"):
        fits = is_countersigned({"release": "release-manifest", "rotation": "key-rotation"}.get(kind, kind), raw)
    elif kind in ("batch", "gap", "pair-answer", "update-report", "settings-report"):
        fits = is_signed(kind, raw)
    else:
        fits = any(grammar.matches(rule, decoded(raw)) for rule in RULES.get(kind, (kind,)))
    need(not fits, f"{vector['name']} is refused for {vector['reason']} and yet in rule {kind}")
    refused += 1

print(json.dumps({"rules": len(grammar.rules), "taken": taken, "refused": refused}))
