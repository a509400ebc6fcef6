/** Hears news of nodes as server-sent events; the browser itself comes again when the line breaks. */
export function listen(address, tell) {
  const source = new EventSource(address);
  source.addEventListener('message', (event) => tell(JSON.parse(event.data)));
  window.addEventListener('pagehide', () => source.close());
  return source;
}

/** A time of day in UTC, to the second. */
export const clock = (milliseconds) => new Date(milliseconds).toISOString().slice(0, 19).replace('T', ' ');
