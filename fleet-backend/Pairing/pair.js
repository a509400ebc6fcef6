// What a phone does on the pages of pairing: the scanner on a tap; how a pairing goes; and claims that it keeps while there is no network. A claim is stored before it is sent and stays until its end was shown: whatever goes away in between, it is sent again, and the backend
// answers the same label with the same end.
const words = document.getElementById('words').dataset;
const say = (text, ...values) => text.replace(/\{(\d)\}/g, (_, i) => values[i]);
const byId = (id) => document.getElementById(id);
const form = byId('site');
const said = byId('said');
const list = byId('kept');
const [, lane, pathNode, pathClaim] = location.pathname.split('/');
const isLabel = lane.toLowerCase() === 'p' && pathNode && pathClaim;
const lookEvery = 2500, trySendEvery = 20000, afterTooMany = 600000, giveUpAsking = 30000;

// --- What this phone keeps ---

const open = new Promise((resolve, reject) => {
  const request = indexedDB.open('depin-claims', 1);
  request.onupgradeneeded = () => request.result.createObjectStore('claims', { keyPath: 'label' });
  request.onsuccess = () => resolve(request.result);
  request.onerror = () => reject(request.error);
});
open.catch(() => {});

async function inStore(mode, work) {
  const transaction = (await open).transaction('claims', mode);
  const request = work(transaction.objectStore('claims'));
  return new Promise((resolve, reject) => {
    transaction.oncomplete = () => resolve(request.result);
    transaction.onabort = () => reject(transaction.error);
  });
}
const kept = async () => (await inStore('readonly', (store) => store.getAll())).sort((a, b) => a.atMs - b.atMs);
const keep = (claim) => inStore('readwrite', (store) => store.put(claim));
const forget = (label) => inStore('readwrite', (store) => store.delete(label));
const me = {
  get: () => localStorage.getItem('depin-me') ?? '',
  set: (name) => (name ? localStorage.setItem('depin-me', name) : localStorage.removeItem('depin-me')),
};

// --- Sending, and looking how it goes ---

const pathOf = (claim) => `/p/${claim.node}/${claim.claim}`;

async function ask(path, options) {
  const answer = await fetch(path, { cache: 'no-store', signal: AbortSignal.timeout(giveUpAsking), ...options });
  if (answer.status >= 500) {
    throw new TypeError('the backend is not there');
  }
  return answer;
}

async function partOf(answer) {
  const page = new DOMParser().parseFromString(await answer.text(), 'text/html');
  return page.querySelector('[data-state]') ?? page.querySelector('[role=alert]');
}

// Resolves to whether there is network; a claim that had an answer has changed and is stored again.
async function send(claim) {
  const session = await (await ask('/pair/session')).json();
  me.set(session.name);
  if (!session.name) {
    return note(claim, words.signIn, 'sign-in');
  }
  if (claim.by && claim.by !== session.name) {
    return note(claim, say(words.otherPerson, claim.by));
  }
  claim.by = session.name;
  const answer = await ask(pathOf(claim), { method: 'POST', headers: { 'X-Form-Token': session.token }, body: new URLSearchParams({ place: claim.place, latitude: claim.latitude, longitude: claim.longitude }) });
  if (answer.status === 429) {
    claim.notBeforeMs = Date.now() + afterTooMany;
    return note(claim, words.later);
  }
  const part = await partOf(answer);
  claim.isSent = answer.ok;
  claim.isOver = !answer.ok || part?.dataset.end !== undefined;
  claim.html = part ? part.outerHTML : '';
  claim.text = '';
  await keep(claim);
}

async function note(claim, text, link) {
  claim.text = text;
  claim.link = link;
  await keep(claim);
}

async function look(claim) {
  const answer = await ask(pathOf(claim) + '/state');
  if (answer.status === 404 || answer.redirected) {
    // The backend started anew, or nobody looked for long: shown again, it goes on or says how it ended.
    claim.isSent = false;
    return keep(claim);
  }
  const part = await partOf(answer);
  if (part && part.outerHTML !== claim.html) {
    claim.html = part.outerHTML;
    claim.isOver = part.dataset.end !== undefined;
    await keep(claim);
  }
}

async function goOn(claim) {
  try {
    if (claim.isSent) {
      await look(claim);
    } else if (Date.now() >= (claim.notBeforeMs ?? 0)) {
      await send(claim);
      claim.notBeforeMs ??= Date.now() + trySendEvery;
    }
    return true;
  } catch (problem) {
    if (!(problem instanceof TypeError) && problem.name !== 'TimeoutError') {
      throw problem;
    }
    if (!claim.isSent) {
      await note(claim, words.kept);
    }
    return false;
  }
}

// --- The list ---

function show(claims) {
  list.hidden = claims.length === 0;
  const rows = claims.map((claim) => {
    const row = document.createElement('article');
    row.className = 'panel claim';
    row.dataset.node = claim.node;
    const head = document.createElement('p');
    const name = document.createElement('code');
    name.textContent = claim.node.replace(/(.{4})(?=.)/g, '$1 ');
    head.append(name, ` ${claim.place}`);
    row.append(head);
    if (claim.html && !claim.text) {
      // Made by our own backend, which encodes what people typed.
      row.insertAdjacentHTML('beforeend', claim.html);
    } else {
      const text = document.createElement('p');
      text.className = 'wait';
      text.textContent = claim.text || words.sending;
      row.append(text);
    }
    const foot = document.createElement('p');
    if (claim.link || claim.isSent) {
      const link = document.createElement('a');
      link.href = claim.link ? `/sign-in?back=${encodeURIComponent(location.pathname)}` : pathOf(claim);
      link.textContent = claim.link ? document.querySelector('a[href^="?sign-in"]')?.textContent ?? words.signIn : words.open;
      foot.append(link, ' ');
    }
    if (claim.isOver || !claim.isSent) {
      const remove = document.createElement('button');
      remove.type = 'button';
      remove.className = 'second';
      remove.textContent = words.remove;
      remove.addEventListener('click', async () => {
        await forget(claim.label);
        await refresh();
      });
      foot.append(remove);
    }
    row.append(foot);
    return row;
  });
  const html = rows.map((row) => row.outerHTML).join('');
  if (list.dataset.shown !== html) {
    list.dataset.shown = html;
    const heading = document.createElement('h2');
    heading.textContent = words.waiting;
    list.replaceChildren(heading, ...rows);
  }
}

const refresh = async () => show(await kept());

let turns = null;
function goThrough() {
  turns ??= (async () => {
    try {
      let isThere = true;
      for (const claim of (await kept()).filter((each) => !each.isOver)) {
        isThere = isThere && (await goOn(claim));
      }
      await refresh();
    } finally {
      turns = null;
    }
  })();
  return turns;
}

// --- One label ---

function take(node, claim) {
  const fields = new FormData(form);
  return keep({ label: `${node}/${claim}`.toUpperCase(), node: node.toUpperCase(), claim: claim.toUpperCase(), place: fields.get('place').trim(), latitude: fields.get('latitude'), longitude: fields.get('longitude'), atMs: Date.now(), by: me.get() });
}

const going = byId('going');
if (going) {
  const again = async () => {
    try {
      const answer = await ask(going.dataset.path);
      if (answer.status === 404) {
        // Nobody knows of it any more: what this phone kept of it is sent again from here, or the label's page asks.
        const mine = (await kept().catch(() => [])).find((claim) => claim.label === `${pathNode}/${pathClaim}`.toUpperCase());
        if (mine) {
          mine.isSent = false;
          mine.isOver = false;
          await keep(mine);
          await goOn(mine);
        }
        location.reload();
        return;
      }
      const part = await partOf(answer);
      if (part && part.outerHTML !== going.innerHTML) {
        going.replaceChildren(part);
      }
    } catch (problem) {
      if (!(problem instanceof TypeError) && problem.name !== 'TimeoutError') {
        throw problem;
      }
      // No network for a moment: the next look may have it.
    }
    if (going.querySelector('[data-state]')?.dataset.end === undefined) {
      setTimeout(again, lookEvery);
    } else {
      document.querySelector('form.row')?.remove();
      forget(`${pathNode}/${pathClaim}`.toUpperCase()).catch(() => {});
    }
  };
  setTimeout(again, going.querySelector('[data-end]') ? 0 : lookEvery);
}

if (form && form.method === 'post') {
  // Stored before it is sent; without network it stays, with it the page of how it goes follows.
  form.addEventListener('submit', async (event) => {
    event.preventDefault();
    said.textContent = words.sending;
    try {
      await take(pathNode, pathClaim);
    } catch {
      form.submit();
      return;
    }
    await goThrough();
    const mine = (await kept()).find((claim) => claim.label === `${pathNode}/${pathClaim}`.toUpperCase());
    said.textContent = '';
    if (mine?.isSent && !mine.isOver) {
      location.reload();
    }
  });
}

// --- Many labels, and a label without network ---

const scan = byId('scan');
if (scan) {
  if (isLabel) {
    // The worker showed this page in place of the label's own: there is no network.
    byId('label').hidden = false;
    byId('label').textContent = say(words.label, pathNode.toUpperCase());
    byId('who').textContent = words.offline;
    byId('keep').hidden = false;
    scan.hidden = true;
  }
  form.addEventListener('submit', async (event) => {
    event.preventDefault();
    if (isLabel) {
      await take(pathNode, pathClaim).catch(() => { said.textContent = words.notStored; });
      await refresh();
      await goThrough();
    }
  });
  scan.addEventListener('click', async () => {
    if (!form.reportValidity()) {
      return;
    }
    scan.disabled = true;
    const seen = byId('seen');
    let scanned = 0;
    try {
      const { scanLabels } = await import(scan.dataset.module);
      byId('camera').hidden = false;
      seen.textContent = say(words.aim, 0);
      await scanLabels(byId('view'), byId('stop'), scan.dataset.reader, async (node, claim) => {
        if (!node) {
          seen.textContent = words.noLabel;
        } else if ((await kept()).some((each) => each.label === `${node}/${claim}`.toUpperCase())) {
          seen.textContent = say(words.scannedBefore, node.toUpperCase());
        } else {
          await take(node, claim);
          scanned += 1;
          navigator.vibrate?.(80);
          seen.textContent = say(words.scanned, node.toUpperCase());
          await refresh();
          goThrough();
        }
      });
      said.textContent = scanned ? '' : say(words.aim, 0);
    } catch {
      said.textContent = words.noCamera;
    }
    byId('camera').hidden = true;
    scan.disabled = false;
  });
}

// --- While the page is open ---

if (list && !going) {
  const turn = async () => {
    await goThrough().catch(() => {});
    setTimeout(turn, lookEvery);
  };
  refresh().then(turn, () => {});
  window.addEventListener('online', () => goThrough());
}

if ('serviceWorker' in navigator && window.isSecureContext) {
  navigator.serviceWorker.register(words.worker).catch(() => {});
}
