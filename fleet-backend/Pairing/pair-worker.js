// Lets the pages of pairing open without network, once one of them was opened with it: a label's page is then the page of many labels, which knows
// from its address which label it is for. Everything else goes to the network as if this were not here.
const assets = [/* assets */];
const page = '/pair';
const cacheName = `depin-pair:${assets.join('|')}`;
const patienceMs = 12000;

self.addEventListener('install', (event) => {
  event.waitUntil(caches.open(cacheName).then((cache) => cache.addAll([page, ...assets])).then(() => self.skipWaiting()));
});

self.addEventListener('activate', (event) => {
  event.waitUntil(caches.keys()
    .then((names) => Promise.all(names.filter((name) => name.startsWith('depin-pair:') && name !== cacheName).map((name) => caches.delete(name))))
    .then(() => self.clients.claim()));
});

async function fromNetworkOrKept(request) {
  try {
    const answer = await fetch(request, { signal: AbortSignal.timeout(patienceMs) });
    if (answer.status < 500) {
      return answer;
    }
  } catch {
    // No network, or so little that it is none.
  }
  return (await caches.match(page)) ?? Response.error();
}

async function fromKeptOrNetwork(request) {
  const known = await caches.match(request);
  if (known) {
    return known;
  }
  const answer = await fetch(request);
  if (answer.ok && new URL(request.url).searchParams.has('v')) {
    // Map and scanner, once they were used.
    const cache = await caches.open(cacheName);
    await cache.put(request, answer.clone());
  }
  return answer;
}

self.addEventListener('fetch', (event) => {
  const url = new URL(event.request.url);
  if (event.request.method !== 'GET' || url.origin !== self.location.origin) {
    return;
  }
  if (event.request.mode === 'navigate' && /^\/(pair|p\/[^/]+\/[^/]+)$/i.test(url.pathname) && !url.search) {
    event.respondWith(fromNetworkOrKept(event.request));
  } else if (url.pathname.startsWith('/assets/')) {
    event.respondWith(fromKeptOrNetwork(event.request));
  }
});
