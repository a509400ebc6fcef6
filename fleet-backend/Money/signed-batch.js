// A node's signed batch, taken apart as shared-contracts/FORMATS.md says: deterministic CBOR, COSE_Sign1, ES256. Anything else is null.
const hex = (bytes) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
const alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const most = Number.MAX_SAFE_INTEGER;
const field = 0xffffffff00000001000000000000000000000000ffffffffffffffffffffffffn;
const order = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;
const curveB = 0x5ac635d8aa3a93e7b3ebbd55769886bc651d06b0cc53b0f63bce3c3e27d2604bn;

class Malformed extends Error {}

class Reader {
  constructor(bytes) {
    this.bytes = bytes;
    this.at = 0;
  }

  take(count) {
    if (this.at + count > this.bytes.length) {
      throw new Malformed("it ends inside an item");
    }
    this.at += count;
    return this.bytes.subarray(this.at - count, this.at);
  }

  // The head of an item of this major type; its shortest form is the only one.
  head(major, least, largest) {
    const first = this.take(1)[0];
    const short = first & 31;
    let value = short;
    if (first >> 5 !== major || short > 27) {
      throw new Malformed("another item stands here");
    }
    if (short > 23) {
      const size = 1 << (short - 24);
      value = this.take(size).reduce((sum, byte) => sum * 256 + byte, 0);
      const floor = [24, 256, 65536, 4294967296][short - 24];
      if (value < floor || value > most) {
        throw new Malformed("a head is longer than its value needs");
      }
    }
    if (value < least || value > largest) {
      throw new Malformed("a number is out of its bounds");
    }
    return value;
  }

  uint(least, largest) {
    return this.head(0, least, largest);
  }

  int(least, largest) {
    return this.bytes[this.at] >> 5 === 1 ? -1 - this.head(1, 0, -1 - least) : this.head(0, 0, largest);
  }

  string(least, largest) {
    return this.take(this.head(2, least, largest));
  }

  array(least, largest) {
    return this.head(4, least, largest);
  }

  end() {
    if (this.at !== this.bytes.length) {
      throw new Malformed("bytes follow the end");
    }
  }
}

function read(bytes, parse) {
  try {
    return parse(new Reader(bytes));
  } catch (problem) {
    if (problem instanceof Malformed) {
      return null;
    }
    throw problem;
  }
}

export function nodeIdOf(bytes) {
  let bits = 0n;
  for (const byte of bytes) {
    bits = (bits << 8n) | BigInt(byte);
  }
  let text = "";
  for (let i = 15n; i >= 0n; i--) {
    text += alphabet[Number((bits >> (i * 5n)) & 31n)];
  }
  return text;
}

export const number = (bytes) => BigInt("0x" + hex(bytes));

/** Envelope of a signed batch: node, payload, signature; null where it is none. */
export function openMessage(bytes) {
  return bytes.length > 16384 ? null : read(bytes, (reader) => {
    reader.head(6, 18, 18);
    reader.array(4, 4);
    if (hex(reader.string(3, 3)) !== "a10126") {
      throw new Malformed("another algorithm");
    }
    reader.head(5, 1, 1);
    reader.uint(4, 4);
    const node = nodeIdOf(reader.string(10, 10));
    const payload = reader.string(1, 16384);
    const signature = reader.string(64, 64);
    reader.end();
    const [r, s] = [number(signature.subarray(0, 32)), number(signature.subarray(32))];
    if (r === 0n || s === 0n || r >= order || s > order >> 1n) {
      throw new Malformed("a signature of another form");
    }
    return { node, payload, signature };
  });
}

/** What the payload of a batch says; null where it is none. */
export function readBatch(payload) {
  return read(payload, (reader) => {
    reader.array(12, 12);
    reader.uint(1, 1);
    const batch = { node: nodeIdOf(reader.string(10, 10)) };
    reader.uint(0, 4294967295);
    batch.sequence = reader.uint(1, most);
    batch.opened = reader.uint(0, most);
    reader.uint(0, most);
    batch.clock = reader.uint(0, 2);
    reader.string(8, 8);
    batch.profile = reader.uint(0, 4294967295);
    reader.string(32, 32);
    const closing = Array.from({ length: reader.array(3, 3) }, () => BigInt(reader.uint(0, most)));
    batch.readings = Array.from({ length: reader.array(1, 96) }, () => readReading(reader, closing));
    reader.end();
    if (closing.some((counter) => counter > BigInt(most)) || batch.sequence + batch.readings.length > most || (batch.clock === 0) !== (batch.opened === 0)) {
      throw new Malformed("its fields contradict one another");
    }
    return batch;
  });
}

function readReading(reader, closing) {
  const items = reader.array(8, 9);
  const seconds = reader.uint(1, 3600);
  const energies = [0, 1, 2].map(() => BigInt(reader.uint(0, most)));
  energies.forEach((energy, i) => (closing[i] += energy));
  reader.uint(0, 1000);
  reader.uint(0, 100000);
  reader.int(-100, 150);
  reader.uint(0, 31);
  if (items === 9) {
    reader.array(3, 3);
    [0, 1, 2].forEach(() => reader.uint(0, 4294967295));
  }
  return { seconds: BigInt(seconds), delivered: energies[1] };
}

function power(base, exponent) {
  let result = 1n;
  for (let square = base % field; exponent > 0n; exponent >>= 1n) {
    result = exponent & 1n ? (result * square) % field : result;
    square = (square * square) % field;
  }
  return result;
}

// Browsers take a point with both its halves only.
function wholePoint(compressed) {
  const x = number(compressed.subarray(1));
  if ((compressed[0] !== 2 && compressed[0] !== 3) || x >= field) {
    return null;
  }
  const square = (((x * x * x - 3n * x + curveB) % field) + field) % field;
  let y = power(square, (field + 1n) / 4n);
  if ((y * y) % field !== square) {
    return null;
  }
  y = (y & 1n) === BigInt(compressed[0] & 1) ? y : field - y;
  const bytes = new Uint8Array(65);
  bytes[0] = 4;
  bytes.set(compressed.subarray(1), 1);
  y.toString(16).padStart(64, "0").match(/../g).forEach((pair, i) => (bytes[33 + i] = parseInt(pair, 16)));
  return bytes;
}

// The Sig_structure of RFC 9052, 4.4, for a batch.
function toBeSigned(payload) {
  const head = payload.length < 24 ? [0x40 + payload.length] : payload.length < 256 ? [0x58, payload.length] : [0x59, payload.length >> 8, payload.length & 255];
  const text = (letters) => Array.from(letters, (letter) => letter.charCodeAt(0));
  return new Uint8Array([0x84, 0x6a, ...text("Signature1"), 0x43, 0xa1, 0x01, 0x26, 0x4d, ...text("depin/1/batch"), ...head, ...payload]);
}

/** Whether this key, compressed, signed the message. */
export async function isSigned(message, compressed) {
  const point = wholePoint(compressed);
  if (point === null) {
    return false;
  }
  const key = await crypto.subtle.importKey("raw", point, { name: "ECDSA", namedCurve: "P-256" }, false, ["verify"]);
  return crypto.subtle.verify({ name: "ECDSA", hash: "SHA-256" }, key, message.signature, toBeSigned(message.payload));
}
