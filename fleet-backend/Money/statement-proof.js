// Whether a whole statement follows from what the log holds. It may come in several files, one after the other; each fault is [name, ...figures].
import { openCheckpoint } from "./log-proof.js";
import { amountOf, proveLine, transferIsInLog } from "./line-proof.js";

/** Begins with the log's key; faults are those of no single line. isTrusted: every checkpoint so far was seen to be signed by that key. */
export const begin = (logKey) => ({ logKey, isTrusted: true, faults: [], checkpoint: null, earned: new Set(), transfers: new Set(), events: new Map() });

/** Proves the lines of one file; tell(line, faults, mine) is called for each, with what it gives the account. */
export async function proveFile(file, state, tell) {
  const checkpoint = await open(file, state);
  let total = 0n;
  for (const line of file.lines) {
    const proven = checkpoint === null ? { faults: [["checkpoint"]], earning: [] } : await prove(line, checkpoint, state);
    const twice = proven.earning.find((reading) => state.earned.has(`${line.nodeId}/${reading}`));
    if (twice !== undefined) {
      proven.faults.push(["twice", twice]);
    }
    proven.earning.forEach((reading) => state.earned.add(`${line.nodeId}/${reading}`));
    const mine = line.transfers.filter((each) => each.credit === file.account).reduce((sum, each) => sum + (amountOf(each.amountMicro) ?? 0n), 0n);
    total += mine;
    tell(line, proven.faults, mine);
  }
  if (String(total) !== file.totalMicro) {
    state.faults.push(["total", file.totalMicro, total]);
  }
  await proveMovements(file, checkpoint, state);
}

async function open(file, state) {
  const checkpoint = await openCheckpoint(file.checkpoint, file.logKey);
  if (checkpoint === null || checkpoint.signature === "wrong" || file.logKey !== state.logKey) {
    state.faults.push([file.logKey === state.logKey ? "checkpoint" : "logKey"]);
    return null;
  }
  state.isTrusted &&= checkpoint.signature === "valid";
  state.checkpoint = checkpoint;
  return checkpoint;
}

async function prove(line, checkpoint, state) {
  try {
    return await proveLine(line, checkpoint, state.events);
  } catch (problem) {
    // A field that is missing, or of another kind than the format says.
    return { faults: [["malformed", problem.message]], earning: [] };
  }
}

async function proveMovements(file, checkpoint, state) {
  let moved = 0n;
  for (const each of file.movements) {
    const isTheirs = (each.credit === file.account) !== (each.debit === file.account);
    if (!isTheirs || checkpoint === null || !(await transferIsInLog(checkpoint, each))) {
      state.faults.push(["movement", each.kind, each.amountMicro]);
    }
    moved += (each.credit === file.account ? 1n : -1n) * (amountOf(each.amountMicro) ?? 0n);
  }
  if (file.movementsMicro !== String(moved)) {
    state.faults.push(["movements", file.movementsMicro, moved]);
  }
  for (const each of [...file.lines.flatMap((line) => line.transfers), ...file.movements]) {
    if (state.transfers.has(each.id)) {
      state.faults.push(["listedTwice", each.id.slice(0, 12)]);
    }
    state.transfers.add(each.id);
  }
}
