// Passkeys: the browser talks to the authenticator, we carry its words to the backend and back.
const formToken = () => document.querySelector('form input[type=hidden][name^="__"]')?.value ?? '';

async function post(path, body) {
  const answer = await fetch(path, {
    method: 'POST',
    headers: { 'X-Form-Token': formToken(), ...(body ? { 'Content-Type': 'application/json' } : {}) },
    body: body ? JSON.stringify(body) : undefined,
  });
  const text = await answer.text();
  const content = text ? JSON.parse(text) : {};
  if (!answer.ok) {
    throw new Error(content.detail ?? `${answer.status}`);
  }
  return content;
}

function wire(button, said, work) {
  button.addEventListener('click', async () => {
    button.disabled = true;
    said.textContent = '';
    try {
      await work();
    } catch (problem) {
      said.textContent = problem.name === 'NotAllowedError' ? said.dataset.nothing : problem.message;
    } finally {
      button.disabled = false;
    }
  });
}

const canPasskeys = window.PublicKeyCredential?.parseRequestOptionsFromJSON && window.isSecureContext;

const panel = document.getElementById('passkey');
if (panel && canPasskeys) {
  panel.hidden = false;
  wire(document.getElementById('use-passkey'), document.getElementById('passkey-said'), async () => {
    const options = PublicKeyCredential.parseRequestOptionsFromJSON(await post('/sign-in/passkey/options'));
    const credential = await navigator.credentials.get({ publicKey: options });
    await post('/sign-in/passkey', credential.toJSON());
    window.location.assign(panel.dataset.back);
  });
}

const adder = document.getElementById('add-passkey');
if (adder && canPasskeys) {
  adder.hidden = false;
  wire(adder, document.getElementById('passkey-said'), async () => {
    const options = PublicKeyCredential.parseCreationOptionsFromJSON(await post('/account/passkeys/options'));
    const credential = await navigator.credentials.create({ publicKey: options });
    await post('/account/passkeys', credential.toJSON());
    window.location.reload();
  });
}
