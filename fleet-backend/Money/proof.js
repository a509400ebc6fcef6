// The statement page: proves each line in this browser, from the log's published bytes alone, and marks it. Nothing is asked of the backend but the evidence.
import { begin, proveFile } from "./statement-proof.js";

const linesAtOnce = 50;
const panel = document.getElementById("proof");
const words = panel === null ? {} : JSON.parse(panel.dataset.words);
const said = document.getElementById("proof-said");
const list = document.getElementById("proof-faults");

const say = (name, ...values) => words[name].replace(/\{(\d)\}/g, (_, i) => values[i]);

function mark(row, faults, isTrusted) {
  const line = document.createElement("span");
  line.className = faults.length > 0 ? "refused" : isTrusted ? "on" : "held";
  line.textContent = faults.length > 0 ? `✗ ${say("Bad")}` : isTrusted ? `✓ ${say("Good")}` : `~ ${say("Follows")}`;
  row.querySelector(".proof").replaceChildren(line, ...faults.map((fault) => {
    const why = document.createElement("span");
    why.className = "why-not";
    why.textContent = say(...fault);
    return why;
  }));
}

async function run() {
  const state = begin((await (await ask("/log/key")).text()).trim());
  const rows = new Map([...document.querySelectorAll("tr[data-line]")].map((row) => [row.dataset.line, row]));
  let [good, bad, after] = [0, 0, panel.dataset.after];
  const end = panel.dataset.end;
  do {
    const file = await (await ask(`${panel.dataset.evidence}&limit=${linesAtOnce}&after=${after}`)).json();
    await proveFile(file, state, (line, faults, mine) => {
      const key = `${line.nodeId}/${line.firstReading}-${line.lastReading}`;
      const row = rows.get(key);
      if (row === undefined) {
        // Most likely it stands on the next page.
        state.faults.push(...faults);
        return;
      }
      rows.delete(key);
      if (String(mine) !== row.dataset.micro) {
        faults.push(["shown", row.dataset.micro, mine]);
      }
      mark(row, faults, state.isTrusted);
      [good, bad] = faults.length === 0 ? [good + 1, bad] : [good, bad + 1];
      said.textContent = say("Progress", good + bad);
    });
    after = file.nextAfter;
  } while (after !== null && (end === undefined || after < Number(end)));
  rows.forEach((row) => mark(row, [["noEvidence"]], false));
  list.replaceChildren(...state.faults.map((fault) => {
    const line = document.createElement("li");
    line.textContent = say(...fault);
    return line;
  }));
  const lines = good + bad + rows.size;
  const isGood = good === lines && state.faults.length === 0;
  said.className = isGood ? (state.isTrusted ? "on" : "held") : "refused";
  said.textContent = isGood ? say(state.isTrusted ? "All" : "AllButCheckpoint", lines, state.checkpoint.size, state.checkpoint.name) : say("Some", lines - good, lines);
}

async function ask(address) {
  const answer = await fetch(address, { credentials: "same-origin" });
  if (!answer.ok) {
    throw new Error(`${answer.status}`);
  }
  return answer;
}

const button = document.getElementById("prove");
if (button !== null && globalThis.crypto?.subtle === undefined) {
  said.textContent = say("NoCrypto");
} else if (button !== null) {
  button.hidden = false;
  button.addEventListener("click", async () => {
    button.disabled = true;
    list.replaceChildren();
    try {
      await run();
    } catch (problem) {
      said.className = "refused";
      said.textContent = say("Failed", problem.message);
    } finally {
      button.disabled = false;
    }
  });
}
