// The phone's own position, on a tap; and how the pairing goes, every two seconds while the page is open.
const find = document.getElementById('find');
if (find && navigator.geolocation && window.isSecureContext) {
  find.hidden = false;
  find.addEventListener('click', () => {
    find.disabled = true;
    navigator.geolocation.getCurrentPosition(
      ({ coords }) => {
        document.querySelector('input[name=latitude]').value = coords.latitude.toFixed(5);
        document.querySelector('input[name=longitude]').value = coords.longitude.toFixed(5);
        find.disabled = false;
      },
      () => {
        document.getElementById('said').textContent = 'The phone does not tell where it is. Type the position, or allow it in the browser.';
        find.disabled = false;
      },
      { enableHighAccuracy: true, timeout: 20000 },
    );
  });
}

const going = document.getElementById('going');
async function look() {
  try {
    const answer = await fetch(going.dataset.path, { cache: 'no-store' });
    const text = await answer.text();
    if (answer.ok && text !== going.innerHTML) {
      going.innerHTML = text;
    }
  } catch {
    // No network for a moment: the next look may have it.
  }
  if (!going.querySelector('[data-end]')) {
    setTimeout(look, 2000);
  }
}
if (going && !going.querySelector('[data-end]')) {
  setTimeout(look, 2000);
}
