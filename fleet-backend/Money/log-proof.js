// What the log of proofs says: its checkpoint's signature (C2SP signed-note, Ed25519) and that an entry is in its tree (RFC 6962, walked as RFC 9162, 2.1.3.2 says).
const utf8 = new TextEncoder();

export const sha256 = async (bytes) => new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));

export const text = (letters) => utf8.encode(letters);

export const hexOf = (bytes) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");

export function join(...parts) {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  parts.reduce((at, part) => (whole.set(part, at), at + part.length), 0);
  return whole;
}

/** Bytes of a base64 text that is written as it has to be, so that no letter is without meaning; else null. */
export function bytesOf(base64, length) {
  if (typeof base64 !== "string" || !/^[A-Za-z0-9+/]*={0,2}$/.test(base64) || base64.length % 4 !== 0) {
    return null;
  }
  const binary = atob(base64);
  const isExact = btoa(binary) === base64 && (length === undefined || binary.length === length);
  return isExact ? Uint8Array.from(binary, (letter) => letter.charCodeAt(0)) : null;
}

const same = (a, b) => a.length === b.length && a.every((byte, i) => byte === b[i]);

const node = (left, right) => sha256(join(new Uint8Array([1]), left, right));

/** Whether the hash of this content, under this kind, stands at a place of the log that a checkpoint names. */
export async function isInLog(checkpoint, kind, content, place) {
  const proof = place.proof.map((hash) => bytesOf(hash, 32));
  if (!Number.isSafeInteger(place.index) || place.index < 0 || place.index >= checkpoint.size || proof.includes(null)) {
    return false;
  }
  let index = BigInt(place.index);
  let last = BigInt(checkpoint.size) - 1n;
  let hash = await sha256(join(new Uint8Array([0, kind]), await sha256(content)));
  for (const beside of proof) {
    if (last === 0n) {
      return false;
    }
    if ((index & 1n) === 1n || index === last) {
      hash = await node(beside, hash);
      while ((index & 1n) === 0n && index !== 0n) {
        index >>= 1n;
        last >>= 1n;
      }
    } else {
      hash = await node(hash, beside);
    }
    index >>= 1n;
    last >>= 1n;
  }
  return last === 0n && same(hash, checkpoint.root);
}

async function readKey(named) {
  const parts = /^([^+\s]+)\+([0-9a-f]{8})\+(.+)$/.exec(named.trim());
  const typed = parts && bytesOf(parts[3], 33);
  if (!typed || typed[0] !== 1) {
    return null;
  }
  const id = (await sha256(join(text(parts[1] + "\n"), typed))).subarray(0, 4);
  return hexOf(id) === parts[2] ? { name: parts[1], id, bytes: typed.subarray(1) } : null;
}

/**
 * Reads a checkpoint, and checks its signature by the log's key. signature is "valid", "wrong", or "unsupported" where this browser has no Ed25519;
 * null where it is no checkpoint of this log.
 */
export async function openCheckpoint(note, logKey) {
  const key = await readKey(logKey);
  const end = note.lastIndexOf("\n\n");
  const lines = note.split("\n");
  const root = lines.length >= 4 ? bytesOf(lines[2], 32) : null;
  if (!key || end < 0 || !note.endsWith("\n") || lines[0] !== key.name || !/^(0|[1-9][0-9]{0,14})$/.test(lines[1]) || !root) {
    return null;
  }
  const opened = { size: Number(lines[1]), root, name: key.name, signature: "wrong" };
  const start = `\u2014 ${key.name} `;
  for (const line of note.slice(end + 2).split("\n").filter((each) => each.startsWith(start))) {
    const signed = bytesOf(line.slice(start.length), 68);
    if (signed && same(signed.subarray(0, 4), key.id)) {
      opened.signature = await verify(key.bytes, signed.subarray(4), text(note.slice(0, end + 1)));
      break;
    }
  }
  return opened;
}

async function verify(key, signature, message) {
  let imported;
  try {
    imported = await crypto.subtle.importKey("raw", key, { name: "Ed25519" }, false, ["verify"]);
  } catch (problem) {
    if (problem.name === "NotSupportedError") {
      return "unsupported";
    }
    return "wrong";
  }
  return (await crypto.subtle.verify({ name: "Ed25519" }, imported, signature, message)) ? "valid" : "wrong";
}
