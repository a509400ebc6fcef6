// Where a node stands: by the phone, or by a pin on a map that loads on a tap.
const words = document.getElementById('words').dataset;
const form = document.getElementById('site');
const said = document.getElementById('said');

const fill = (latitude, longitude) => {
  form.elements.latitude.value = latitude.toFixed(5);
  form.elements.longitude.value = longitude.toFixed(5);
};
const find = document.getElementById('find');
if (navigator.geolocation && window.isSecureContext) {
  find.hidden = false;
  find.addEventListener('click', () => {
    find.disabled = true;
    navigator.geolocation.getCurrentPosition(
      ({ coords }) => {
        fill(coords.latitude, coords.longitude);
        said.textContent = words.found.replace('{0}', Math.round(coords.accuracy));
        find.disabled = false;
      },
      () => {
        said.textContent = words.noPosition;
        find.disabled = false;
      },
      { enableHighAccuracy: true, timeout: 20000 },
    );
  });
}
const pin = document.getElementById('pin');
pin.hidden = false;
pin.addEventListener('click', async () => {
  pin.disabled = true;
  said.textContent = words.pinHint;
  try {
    const { showMap } = await import(pin.dataset.module);
    await showMap(document.getElementById('map'), pin.dataset, { latitude: parseFloat(form.elements.latitude.value), longitude: parseFloat(form.elements.longitude.value) }, fill);
  } catch {
    said.textContent = words.noMap;
    pin.disabled = false;
  }
});
