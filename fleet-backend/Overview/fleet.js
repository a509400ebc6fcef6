// The fleet page: lines that move as readings are stored, the map, and the plots.
import { clock, listen } from './live.js';
import { drawPlots } from './plots.js';

const stored = document.getElementById('stored');
let batches = 0;

function note(news) {
  batches += news.batches;
  if (batches > 0) {
    stored.textContent = stored.dataset.words.replace('{0}', batches);
  }
  for (const node of news.nodes) {
    const row = document.querySelector(`tr[data-node="${node.node}"]`);
    if (row) {
      row.querySelector('[data-battery]').textContent = `${Math.floor(node.batteryPermille / 10)} %`;
      row.querySelector('[data-heard]').textContent = clock(node.heardUnixMilliseconds);
      row.classList.remove('news');
      // Begins the fading anew.
      void row.offsetWidth;
      row.classList.add('news');
    }
  }
  for (const [id, isOnline] of Object.entries(news.online)) {
    const mark = document.querySelector(`tr[data-node="${id}"] [data-online]`);
    if (mark) {
      mark.hidden = !isOnline;
    }
  }
}

async function showMap(element) {
  const { openMap } = await import(element.dataset.map);
  const edges = element.dataset.edges.split(',').map(Number);
  const { L, map } = await openMap(element, element.dataset, (opened) => {
    if (edges.length === 4) {
      opened.fitBounds([[edges[0], edges[1]], [edges[2], edges[3]]], { padding: [30, 30], maxZoom: 12 });
    } else {
      opened.setView([5, 20], 2);
    }
  });
  const layer = L.layerGroup().addTo(map);
  let asked = 0;
  const fill = async () => {
    const mine = ++asked;
    const view = map.getBounds();
    const area = [Math.max(-90, view.getSouth()), Math.max(-180, view.getWest()), Math.min(90, view.getNorth()), Math.min(180, view.getEast())];
    if (area[0] >= area[2] || area[1] >= area[3]) {
      return;
    }
    const answer = await fetch(`/fleet/map?area=${area.map((edge) => edge.toFixed(5)).join(',')}&zoom=${Math.min(18, Math.max(1, map.getZoom()))}`);
    if (!answer.ok || mine !== asked) {
      return;
    }
    layer.clearLayers();
    for (const cell of await answer.json()) {
      const size = cell.nodes === 1 ? 22 : Math.min(64, 26 + Math.round(Math.log10(cell.nodes) * 10));
      const icon = L.divIcon({ className: cell.troubled > 0 ? 'cell troubled' : 'cell', html: cell.nodes === 1 ? '' : `${cell.nodes}`, iconSize: [size, size] });
      const words = cell.nodes === 1 ? cell.nodeId : element.dataset.nodes.replace('{0}', cell.nodes) + (cell.troubled > 0 ? `, ${element.dataset.troubled.replace('{0}', cell.troubled)}` : '');
      L.marker([cell.latitude, cell.longitude], { icon, title: words, keyboard: false }).on('click', () => {
        if (cell.nodeId) {
          window.location.assign(`/nodes/${cell.nodeId}`);
        } else if (map.getZoom() >= 17) {
          window.location.assign(`/fleet?area=${area.map((edge) => edge.toFixed(5)).join(',')}`);
        } else {
          map.setView([cell.latitude, cell.longitude], Math.min(17, map.getZoom() + 2));
        }
      }).addTo(layer);
    }
  };
  map.on('moveend', fill);
  await fill();
}

if (stored) {
  listen(stored.dataset.live, note);
}
const map = document.getElementById('fleet-map');
if (map) {
  new IntersectionObserver((entries, observer) => {
    if (entries.some((entry) => entry.isIntersecting)) {
      observer.disconnect();
      showMap(map);
    }
  }, { rootMargin: '200px' }).observe(map);
}
drawPlots();
