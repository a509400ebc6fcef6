// Energy over time, drawn by uPlot from figures of ours; the same figures stand in a table below.
const dashes = { harvested: [], delivered: [6, 3], imported: [2, 3] };

function load(address) {
  return new Promise((resolve, reject) => {
    const link = document.createElement('link');
    link.rel = 'stylesheet';
    link.href = address;
    link.onload = resolve;
    link.onerror = reject;
    document.head.append(link);
  });
}

const colour = (element, name) => getComputedStyle(element).getPropertyValue(name).trim();

const figure = new Intl.NumberFormat(document.documentElement.lang, { maximumFractionDigits: 1 });

// Times are UTC, as everywhere on these pages.
const day = (seconds) => new Date(seconds * 1000).toISOString().slice(0, 10);
const minute = (seconds) => new Date(seconds * 1000).toISOString().slice(0, 16).replace('T', ' ');

function table(frame, data, words, by) {
  const made = document.createElement('table');
  const row = (kind, cells) => {
    const line = made.insertRow();
    for (const [index, text] of cells.entries()) {
      const cell = document.createElement(kind);
      cell.textContent = text;
      cell.className = index > 0 ? 'number' : '';
      line.append(cell);
    }
  };
  row('th', [words.time, words.harvested, words.delivered, words.imported, words.percent]);
  const text = (value) => (value === null ? '–' : figure.format(value));
  for (let i = data.from.length - 1; i >= 0; i--) {
    if (data.harvested[i] !== null) {
      row('td', [by === 'hour' ? minute(data.from[i]) : day(data.from[i]), text(data.harvested[i]), text(data.delivered[i]), text(data.imported[i]), text(data.percent[i])]);
    }
  }
  frame.querySelector('.plot-table').replaceChildren(made);
}

function draw(uPlot, frame, data, words, by) {
  const ink = colour(frame, '--quiet');
  const line = colour(frame, '--line');
  // In full only where a day begins: a narrow screen has little room.
  const times = (_, ticks, __, ___, step) => ticks.map((at) => (step < 86400 && at % 86400 !== 0 ? minute(at).slice(11) : day(at)));
  const axis = (values) => ({ stroke: ink, grid: { stroke: line, width: 1 }, ticks: { stroke: line, width: 1 }, ...(values ? { values } : {}) });
  const pen = (name, stroke) => ({ label: words[name], stroke, width: 2, dash: dashes[name], points: { show: data.from.length < 40 }, value: (_, value) => (value === null || value === undefined ? '–' : figure.format(value)) });
  const time = { label: words.time, value: (_, value) => (value ? (by === 'hour' ? minute(value) : day(value)) : '–') };
  const size = (height) => ({ width: Math.max(200, frame.querySelector('.plot-energy').clientWidth), height });
  const common = { tzDate: (at) => uPlot.tzDate(new Date(at * 1000), 'Etc/UTC'), cursor: { sync: { key: frame.dataset.source } }, legend: { live: true } };
  const energy = frame.querySelector('.plot-energy');
  const percent = frame.querySelector('.plot-percent');
  energy.replaceChildren();
  percent.replaceChildren();
  const plots = [
    new uPlot({
      ...common, ...size(240), title: words.unit,
      series: [time, pen('harvested', colour(frame, '--sun')), pen('delivered', colour(frame, '--good')), pen('imported', ink)],
      axes: [{ ...axis(times), space: 80 }, axis((_, ticks) => ticks.map((value) => figure.format(value)))],
      scales: { y: { range: (_, least, most) => [0, Math.max(1, most * 1.05)] } },
    }, [data.from, data.harvested, data.delivered, data.imported], energy),
    new uPlot({
      ...common, ...size(150), title: words.percent,
      series: [time, { ...pen('percent', colour(frame, '--good')), dash: [] }],
      axes: [{ ...axis(times), space: 80 }, axis((_, ticks) => ticks.map((value) => `${value} %`))],
      scales: { y: { range: [0, 100] } },
    }, [data.from, data.percent], percent),
  ];
  return () => plots.forEach((plot, index) => plot.setSize(size(index === 0 ? 240 : 150)));
}

async function fill(frame) {
  const words = frame.dataset;
  const said = frame.querySelector('[role=status]');
  const [{ default: uPlot }] = await Promise.all([import(frame.dataset.plot), load(frame.dataset.style)]);
  let resize = () => {};
  const show = async (button) => {
    const { by, count } = button.dataset;
    frame.querySelectorAll('[aria-pressed]').forEach((each) => each.setAttribute('aria-pressed', String(each === button)));
    try {
      const answer = await fetch(`${frame.dataset.source}?by=${by}&count=${count}`);
      if (!answer.ok) {
        throw new Error(String(answer.status));
      }
      const data = await answer.json();
      said.textContent = data.from.length === 0 ? words.none : '';
      table(frame, data, words, by);
      resize = draw(uPlot, frame, data, words, by);
    } catch {
      said.textContent = words.failed;
    }
  };
  frame.querySelector('.ranges').addEventListener('click', (event) => {
    const button = event.target.closest('button');
    if (button) {
      show(button);
    }
  });
  new ResizeObserver(() => resize()).observe(frame);
  await show(frame.querySelector('[data-count="168"]') ?? frame.querySelector('[data-count]'));
}

/** Draws every plot of the page as it comes into view. */
export function drawPlots() {
  const seen = new IntersectionObserver((entries) => {
    for (const entry of entries.filter((each) => each.isIntersecting)) {
      seen.unobserve(entry.target);
      fill(entry.target);
    }
  }, { rootMargin: '200px' });
  document.querySelectorAll('.plots').forEach((frame) => seen.observe(frame));
}
