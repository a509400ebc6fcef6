// A map without any server of tiles: the outlines of the world's countries, a net of degrees, and a pin. All of it is ours and loads on a tap.
const net = [[2, 30], [4, 10], [6, 5], [8, 1], [11, 0.1], [14, 0.01], [99, 0.001]];

function load(tag, property, address) {
  return new Promise((resolve, reject) => {
    const element = document.createElement(tag);
    element[property] = address;
    if (tag === 'link') {
      element.rel = 'stylesheet';
    }
    element.onload = resolve;
    element.onerror = reject;
    document.head.append(element);
  });
}

// TopoJSON: arcs are steps from point to point in whole numbers; a ring names the arcs it is made of, backwards as the complement.
function rings(world) {
  const { scale, translate } = world.transform;
  const arcs = world.arcs.map((arc) => {
    let x = 0, y = 0;
    return arc.map(([dx, dy]) => {
      x += dx;
      y += dy;
      return [y * scale[1] + translate[1], x * scale[0] + translate[0]];
    });
  });
  const ring = (names) => names.flatMap((name) => (name < 0 ? [...arcs[~name]].reverse() : arcs[name]));
  return world.objects.countries.geometries.flatMap((shape) =>
    (shape.type === 'Polygon' ? [shape.arcs] : shape.type === 'MultiPolygon' ? shape.arcs : []).map((polygon) => polygon.map(ring)));
}

/** Opens a map: on tiles where somebody set a server of them, else on the outlines. */
export async function openMap(element, sources, place) {
  const [world] = await Promise.all([
    sources.tiles ? null : fetch(sources.world).then((answer) => (answer.ok ? answer.json() : Promise.reject(new Error('no outline')))),
    load('link', 'href', sources.style),
    window.L ? null : load('script', 'src', sources.leaflet),
  ]);
  element.hidden = false;
  const { L } = window;
  const map = L.map(element, { attributionControl: Boolean(sources.attribution), maxZoom: 17, minZoom: 1, worldCopyJump: true, zoomAnimation: false, fadeAnimation: false });
  const canvas = L.canvas({ padding: 0.5 });
  L.control.scale({ imperial: false }).addTo(map);
  if (sources.tiles) {
    map.attributionControl?.setPrefix(false);
    const words = document.createElement('span');
    words.textContent = sources.attribution ?? '';
    L.tileLayer(sources.tiles, { maxZoom: 17, attribution: words.innerHTML }).addTo(map);
    place(map);
    return { L, map };
  }
  L.polygon(rings(world), { renderer: canvas, className: 'land', color: '#6b6f63', weight: 1, fillColor: '#cfd8bd', fillOpacity: 1, interactive: false }).addTo(map);
  const lines = L.layerGroup().addTo(map);
  const draw = () => {
    lines.clearLayers();
    const step = net.find(([zoom]) => map.getZoom() <= zoom)[1];
    const view = map.getBounds();
    const digits = Math.max(0, Math.ceil(-Math.log10(step)));
    const style = { renderer: canvas, color: '#6b6f63', weight: 0.5, opacity: 0.6, interactive: false };
    for (let y = Math.ceil(view.getSouth() / step) * step; y < view.getNorth(); y += step) {
      lines.addLayer(L.polyline([[y, view.getWest()], [y, view.getEast()]], style));
      lines.addLayer(L.marker([y, view.getWest()], { interactive: false, icon: L.divIcon({ className: 'degree', html: `${y.toFixed(digits)}°`, iconAnchor: [-4, 14] }) }));
    }
    for (let x = Math.ceil(view.getWest() / step) * step; x < view.getEast(); x += step) {
      lines.addLayer(L.polyline([[view.getSouth(), x], [view.getNorth(), x]], style));
      lines.addLayer(L.marker([view.getSouth(), x], { interactive: false, icon: L.divIcon({ className: 'degree', html: `${x.toFixed(digits)}°`, iconAnchor: [-3, 18] }) }));
    }
  };
  map.on('moveend', draw);
  place(map);
  return { L, map };
}

/** Shows the map with a pin at a position, if there is one; tells where it is put. */
export async function showMap(element, sources, at, tell) {
  const isKnown = Number.isFinite(at.latitude) && Number.isFinite(at.longitude);
  const { L, map } = await openMap(element, sources, (opened) => opened.setView(isKnown ? [at.latitude, at.longitude] : [5, 20], isKnown ? 9 : 2));
  const pin = L.marker(isKnown ? [at.latitude, at.longitude] : [0, 0], { draggable: true, keyboard: true, icon: L.divIcon({ className: 'pin', iconSize: [24, 24], iconAnchor: [12, 24] }) });
  const put = (where) => {
    const point = where.wrap();
    pin.setLatLng(where).addTo(map);
    tell(point.lat, point.lng);
  };
  if (isKnown) {
    pin.addTo(map);
  }
  map.on('click', (event) => put(event.latlng));
  pin.on('dragend', () => put(pin.getLatLng()));
}
