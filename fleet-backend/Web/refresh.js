// Where people look on: asks for the page again every few seconds while it is seen, and puts in what changed. Without script the page shows the moment it was loaded.
const parts = () => document.querySelectorAll('[data-refresh-seconds][id]');
const seconds = Math.min(...[...parts()].map((part) => Number(part.dataset.refreshSeconds)));

async function refresh() {
  if (document.hidden) {
    return;
  }
  const answer = await fetch(window.location.href, { headers: { Accept: 'text/html' }, redirect: 'error' });
  if (!answer.ok) {
    return;
  }
  const fresh = new DOMParser().parseFromString(await answer.text(), 'text/html');
  for (const part of parts()) {
    const other = fresh.getElementById(part.id);
    // What somebody is in the middle of stays as it is; forms change only where what they offer does, since each has a token of its own.
    const isOther = part.dataset.key === undefined ? other?.innerHTML !== part.innerHTML : other?.dataset.key !== part.dataset.key;
    if (other && isOther && !part.contains(document.activeElement)) {
      const open = new Set([...part.querySelectorAll('details[open][id]')].map((each) => each.id));
      part.replaceChildren(...other.childNodes);
      if (other.dataset.key !== undefined) {
        part.dataset.key = other.dataset.key;
      }
      open.forEach((id) => document.getElementById(id)?.setAttribute('open', ''));
    }
  }
}

async function again() {
  try {
    await refresh();
  } catch {
    // The backend is away for a moment; the page shows what it last heard.
  }
  setTimeout(again, seconds * 1000);
}

if (Number.isFinite(seconds)) {
  setTimeout(again, seconds * 1000);
}
