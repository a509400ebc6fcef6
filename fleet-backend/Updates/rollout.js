// Counts the nodes anew as the form of a rollout is filled in.
const form = document.getElementById('plan');
const count = document.getElementById('count');
let asked = 0;
let timer;

async function ask() {
  const mine = ++asked;
  const fields = new URLSearchParams([...new FormData(form)].filter(([name]) => !name.startsWith('__')));
  try {
    const answer = await fetch(`/rollouts/count?${fields}`);
    if (answer.ok && mine === asked) {
      count.textContent = (await answer.json()).words;
    }
  } catch {
    // The button beside it asks too.
  }
}

form?.addEventListener('input', () => {
  clearTimeout(timer);
  timer = setTimeout(ask, 300);
});
