// A node's page: what it sends now, and its plots.
import { clock, listen } from './live.js';
import { drawPlots } from './plots.js';

const latest = document.getElementById('latest');
const line = latest?.querySelector('[data-latest]');
if (line) {
  listen(latest.dataset.live, (news) => {
    const node = news.nodes.at(-1);
    if (node) {
      // The words have places for figures, as those of the backend.
      const figures = [clock(node.heardUnixMilliseconds), node.lastReading, (node.harvestedMilliwattHours / 1000).toFixed(1), (node.deliveredMilliwattHours / 1000).toFixed(1), Math.floor(node.batteryPermille / 10), node.credited, node.held, node.refused];
      line.textContent = latest.dataset.words.replace(/\{(\d)\}/g, (_, place) => figures[Number(place)]);
      line.hidden = false;
      line.previousElementSibling.hidden = false;
    }
  });
}

drawPlots();
