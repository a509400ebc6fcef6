// Whether one line of a statement follows from what the log holds: the same conditions as tools/depin verify. Each fault is [name, ...figures].
import { hexOf, isInLog, join, sha256, text, bytesOf } from "./log-proof.js";
import { isSigned, nodeIdOf, openMessage, readBatch } from "./signed-batch.js";

const kinds = { batch: 0, transfer: 1, event: 2 };
const legs = ["operator:", "builder:", "reserve", "manager:"];
const whole = 10000n;

/** An amount of micro-credits as text, or a whole number; null for anything else. */
export function amountOf(value) {
  const written = typeof value === "number" && Number.isSafeInteger(value) ? String(value) : value;
  return typeof written === "string" && /^(0|[1-9][0-9]{0,18})$/.test(written) ? BigInt(written) : null;
}

export const transferContent = (each) => text(`depin/1/transfer\n${each.id}\n${each.kind}\n${each.debit}\n${each.credit}\n${each.amountMicro}\n${each.source}\n`);

export const transferIsInLog = (checkpoint, each) => isInLog(checkpoint, kinds.transfer, transferContent(each), each.place);

/** Checks a line. events remembers terms that were found in the log before: most lines share them. */
export async function proveLine(line, checkpoint, events) {
  const faults = [];
  const earning = [];
  const bytes = bytesOf(line.message);
  const message = bytes && openMessage(bytes);
  const batch = message && readBatch(message.payload);
  if (!batch) {
    return { faults: [["notABatch"]], earning };
  }
  if (!(await isInLog(checkpoint, kinds.batch, bytes, line.batch))) {
    faults.push(["batchNotInLog"]);
  }
  if (!/^[0-9a-f]{66}$/.test(line.publicKey)) {
    return { faults: [...faults, ["notAKey"]], earning };
  }
  const key = Uint8Array.from(line.publicKey.match(/../g), (pair) => parseInt(pair, 16));
  const id = nodeIdOf((await sha256(key)).subarray(0, 10));
  if (id !== line.nodeId || batch.node !== line.nodeId || message.node !== line.nodeId) {
    return { faults: [...faults, ["otherNode"]], earning };
  }
  if (!(await isSigned(message, key))) {
    faults.push(["notSigned", line.nodeId]);
  }
  checkReadings(line, batch, faults, earning);
  const accounts = await checkTerms(line, batch, faults, checkpoint, events);
  await checkTransfers(line, batch, hexOf(await sha256(message.payload)), accounts, faults, checkpoint);
  return { faults, earning };
}

const delivered = (batch, first, last) => {
  let sum = 0n;
  for (let i = first; i <= last; i++) {
    sum += batch.readings[i - batch.sequence].delivered;
  }
  return sum;
};

function checkReadings(line, batch, faults, earning) {
  const next = batch.sequence + batch.readings.length;
  if (![line.firstReading, line.lastReading].every(Number.isSafeInteger) || line.firstReading < batch.sequence || line.lastReading >= next || line.firstReading > line.lastReading) {
    faults.push(["otherReadings", batch.sequence, next - 1]);
    return;
  }
  if (!areRunsPossible(line.runs, batch, next)) {
    faults.push(["runs"]);
    return;
  }
  let [seconds, gave, least, greatest] = [0n, 0n, 0n, 0n];
  for (let i = line.firstReading; i <= line.lastReading; i++) {
    if (!line.runs.some((run) => !run.earns && run.first <= i && i < run.first + run.count)) {
      gave += batch.readings[i - batch.sequence].delivered;
      seconds += batch.readings[i - batch.sequence].seconds;
      earning.push(i);
    }
  }

  // A run that this line shares with another says only how much both together do not count.
  for (const run of line.runs.filter((each) => each.earns)) {
    const kept = BigInt(run.uncreditedMilliwattHours);
    const inside = delivered(batch, Math.max(run.first, line.firstReading), Math.min(run.first + run.count - 1, line.lastReading));
    const outside = delivered(batch, run.first, run.first + run.count - 1) - inside;
    least += kept > outside ? kept - outside : 0n;
    greatest += kept < inside ? kept : inside;
  }
  const energy = amountOf(line.creditableMilliwattHours);
  const served = amountOf(line.servedSeconds);
  if (energy === null || energy > gave - least || energy < gave - greatest) {
    faults.push(["energy", line.creditableMilliwattHours, gave, least]);
  }
  if (served === null || served > seconds) {
    faults.push(["service", line.servedSeconds, seconds]);
  }
  follows("energyMicro", line.energyMicro, energy, line.microPerKilowattHour, 1000000n, faults);
  follows("serviceMicro", line.serviceMicro, served, line.microPerServedHour, 3600n, faults);
}

function areRunsPossible(runs, batch, next) {
  let free = batch.sequence;
  return runs.every((run) => {
    const isPossible = [run.first, run.count, run.uncreditedMilliwattHours].every(Number.isSafeInteger) && typeof run.earns === "boolean" && run.first >= free && run.count >= 1
      && run.first + run.count <= next && run.uncreditedMilliwattHours >= 0 && BigInt(run.uncreditedMilliwattHours) <= delivered(batch, run.first, run.first + run.count - 1);
    free = run.first + run.count;
    return isPossible;
  });
}

function follows(field, said, figure, rate, unit, faults) {
  const per = amountOf(rate);
  const gives = figure === null || per === null ? null : (figure * per) / unit;
  if (gives === null || said !== String(gives)) {
    faults.push(["amount", said, gives ?? "?", field]);
  }
}

async function checkTerms(line, batch, faults, checkpoint, events) {
  const before = batch.readings.slice(0, Math.max(0, Math.min(batch.readings.length, line.firstReading - batch.sequence)));
  const opened = batch.clock === 0 ? null : batch.opened + before.reduce((sum, reading) => sum + Number(reading.seconds), 0);
  const says = (content, name, figure, otherwise) => amountOf(content[name] ?? otherwise) === amountOf(figure) && amountOf(figure) !== null;
  let manager = "";
  const accounts = [];
  const check = async (kind, made, agrees) => {
    const content = text(`depin/1/event\n${made.kind}\n${made.atUnixMilliseconds}\n${made.by}\n${made.content}\n`);
    const known = `${checkpoint.size} ${made.place.index} ${made.place.proof.join()} ${hexOf(await sha256(content))}`;
    events.set(known, events.get(known) ?? (await isInLog(checkpoint, kinds.event, content, made.place)));
    if (made.kind !== kind || !events.get(known)) {
      faults.push(["termNotInLog", kind]);
      return;
    }
    const term = parse(made.content);
    if (term === null || !agrees(term)) {
      faults.push(["termFigures", kind]);
    } else if (!Number.isSafeInteger(term.fromUnixSeconds) || term.fromUnixSeconds > (opened ?? Infinity)) {
      faults.push(["termLater", kind]);
    }
  };
  await check("tariff", line.tariff, (term) =>
    term.profile === batch.profile && says(term, "microPerKilowattHour", line.microPerKilowattHour) && says(term, "microPerServedHour", line.microPerServedHour));
  await check("agreement", line.agreement, (term) => {
    const shares = term.agreement;
    if (term.nodeId !== line.nodeId || typeof shares !== "object" || shares === null) {
      return false;
    }
    manager = shares.managerName ?? "";
    return says(shares, "operator", line.operatorBasisPoints) && says(shares, "capitalBuilder", line.capitalBuilderBasisPoints) && says(shares, "manager", line.managerBasisPoints, 0);
  });

  // Registering a node pairs it.
  await check(line.pairing.kind === "registered" ? "registered" : "pairing", line.pairing, (term) => {
    accounts.push(`operator:${term.operator}`, `builder:${term.capitalBuilder}`, "reserve", `manager:${manager}`);
    return term.nodeId === line.nodeId;
  });
  return accounts;
}

function parse(content) {
  try {
    const term = JSON.parse(content);
    return typeof term === "object" ? term : null;
  } catch {
    return null;
  }
}

async function checkTransfers(line, batch, payload, accounts, faults, checkpoint) {
  const given = { energy: 0n, service: 0n };
  const amounts = { energy: amountOf(line.energyMicro) ?? 0n, service: amountOf(line.serviceMicro) ?? 0n };
  const points = [line.operatorBasisPoints, line.capitalBuilderBasisPoints, 0, line.managerBasisPoints].map((share) => amountOf(share) ?? 0n);
  for (const each of line.transfers) {
    if (!(await transferIsInLog(checkpoint, each))) {
      faults.push(["transferNotInLog", each.credit]);
    }
    if (!Object.hasOwn(given, each.kind) || each.source !== payload || each.debit !== "issued") {
      faults.push(["otherCredit", each.credit]);
      continue;
    }
    const leg = legs.findIndex((start) => (start === "reserve" ? each.credit === start : each.credit.startsWith(start)));
    if (leg >= 0 && accounts.length > leg && each.credit !== accounts[leg]) {
      faults.push(["otherAccount", each.credit, accounts[leg]]);
    }
    const all = amounts[each.kind];
    const share = leg < 0 ? 0n : leg === 2 ? points.reduce((rest, part) => rest - (all * part) / whole, all) : (all * points[leg]) / whole;
    if (leg < 0 || amountOf(each.amountMicro) !== share) {
      faults.push(["share", each.credit, each.amountMicro, share]);
    }
    const bytes = Uint8Array.from(payload.match(/../g), (pair) => parseInt(pair, 16));
    const id = await sha256(join(text(each.kind), new Uint8Array([0]), bytes, new Uint8Array([line.firstReading - batch.sequence, Math.max(0, leg), 0, 0, 0, 0])));
    if (each.id !== hexOf(id)) {
      faults.push(["transferId", each.credit]);
    }
    given[each.kind] += amountOf(each.amountMicro) ?? 0n;
  }
  for (const kind of Object.keys(given)) {
    const said = kind === "energy" ? line.energyMicro : line.serviceMicro;
    if (String(given[kind]) !== said) {
      faults.push(["sum", given[kind], said]);
    }
  }
}
