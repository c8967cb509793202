// Only pages that the running system serves load this file: it shows what is running, and signs every question.
(() => {
  'use strict';
  const PACE = 3000;
  const KEY = 'tieline-key';
  const make = (tag, properties, ...children) => {
    const element = Object.assign(document.createElement(tag), properties);
    element.append(...children.filter((child) => child !== null && child !== undefined));
    return element;
  };
  const root = () => document.body.dataset.root;
  const memory = {
    get: () => { try { return localStorage.getItem(KEY); } catch { return null; } },
    set: (value) => { try { localStorage.setItem(KEY, value); } catch { /* private windows keep nothing */ } },
  };
  // The address that `tieline serve` prints carries the key behind #, which browsers send to nobody.
  const given = new URLSearchParams(location.hash.slice(1)).get('key');
  if (given) {
    memory.set(given);
    history.replaceState(null, '', location.pathname + location.search);
  }

  // Asks the system. An answer that did not change is undefined.
  const tags = new Map();
  async function ask(path, body) {
    const headers = {};
    if (memory.get()) headers.Authorization = `Bearer ${memory.get()}`;
    if (body) headers['Content-Type'] = 'application/json';
    else if (tags.has(path)) headers['If-None-Match'] = tags.get(path);
    const answer = await fetch(`${root()}live/${path}`, { method: body ? 'POST' : 'GET', headers, cache: 'no-store', body: body && JSON.stringify(body) });
    if (answer.status === 304) return undefined;
    const told = await answer.json().catch(() => ({}));
    if (!answer.ok) throw Object.assign(new Error(told.detail || `the system answered ${answer.status}`), { status: answer.status });
    if (answer.headers.get('ETag')) tags.set(path, answer.headers.get('ETag'));
    return told;
  }

  const duration = (ms) => {
    if (ms < 1000) return `${Math.round(ms)} ms`;
    const units = [[86400e3, 'd'], [3600e3, 'h'], [60e3, 'min'], [1e3, 's']];
    const [size, unit] = units.find(([it]) => ms >= it);
    const count = ms / size;
    return `${count < 10 ? Math.round(count * 10) / 10 : Math.round(count)} ${unit}`;
  };
  const time = (ms) => make('time', { dateTime: new Date(ms).toISOString(), title: new Date(ms).toISOString() }, new Date(ms).toLocaleString());
  const chip = (kind, word) => make('span', { className: `chip ${kind}` }, word);
  const operate = (query, ...text) => make('a', { href: `${root()}operate/index.html?${new URLSearchParams(query)}` }, ...text);
  const count = (number, what) => `${number} ${what}${number === 1 ? '' : 's'}`;

  // Calls again and again while somebody looks; `failed` is told when the system does not answer.
  function watch(look, failed) {
    let timer;
    const turn = async () => {
      clearTimeout(timer);
      if (document.hidden) return;
      try { await look(); } catch (error) { failed(error); }
      timer = setTimeout(turn, PACE);
    };
    document.addEventListener('visibilitychange', turn);
    turn();
    return turn;
  }

  // What all instances together say about one interface.
  function together(state, id) {
    const rows = state.instances.flatMap((instance) => (instance.interfaces || []).filter((row) => row.smart_id === id).map((row) => ({ instance, row })));
    const sum = (of) => rows.reduce((total, { row }) => total + (of(row) || 0), 0);
    const oldest = rows.map(({ row }) => row.oldest_ms).filter(Boolean);
    const measured = rows.map(({ row }) => row.latency).filter((it) => it && it.p95_ms !== null);
    return {
      rows,
      accepted: sum((row) => row.accepted),
      perMinute: rows.some(({ row }) => row.per_minute !== null) ? sum((row) => row.per_minute) : null,
      backlog: sum((row) => row.backlog),
      dead: sum((row) => row.dead_letters),
      oldest: oldest.length ? Math.min(...oldest) : null,
      p95: measured.length ? Math.max(...measured.map((it) => it.p95_ms)) : null,
      window: measured.length ? measured[0].window_ms : null,
      paused: rows.map(({ row }) => row.paused).find(Boolean),
    };
  }

  const breaker = (way) => {
    if (way.paused) return chip('warn', `paused by ${way.paused.who}`);
    if (way.breaker === 'open') return chip('bad', 'no calls pass');
    return way.breaker === 'closed' ? chip('good', 'calls pass') : chip('warn', 'one call finds out');
  };
  const standing = (instance, row, documented) => {
    if (!instance.answers) return chip('bad', 'no answer');
    if (!row) return chip('warn', 'runs without this interface');
    if (row.digest !== documented) return chip('bad', `runs another document: ${row.digest.slice(0, 12)}`);
    return chip('good', 'runs what this page says');
  };

  const figure = (label, value, ...notes) => make('div', {}, make('dt', {}, label), make('dd', {}, make('b', {}, value), ...notes.filter(Boolean).map((note) => make('small', {}, note))));
  function latency(all, agreed) {
    if (all.p95 === null) return figure('95 of 100 within', 'not yet', 'nothing ended');
    const since = all.window === null ? 'since the start' : `in the last ${duration(all.window)}`;
    if (!agreed) return figure('95 of 100 within', duration(all.p95), since);
    const kept = all.p95 <= agreed;
    return figure('95 of 100 within', duration(all.p95), chip(kept ? 'good' : 'bad', `${kept ? 'within' : 'over'} the agreed ${duration(agreed)}`), since);
  }
  function panel(section, state, main) {
    const { interface: id, digest, p95, systems } = main.dataset;
    const all = together(state, id);
    const named = new Set((systems || '').split('\n'));
    const ways = state.instances.flatMap((instance) => instance.systems || []).filter((way) => named.has(way.system));
    const incidents = state.instances.flatMap((instance) => instance.incidents || []).filter((it) => it.interface === id);
    const firing = incidents.filter((it) => it.status !== 'resolved');
    const list = (query, number) => operate({ interface: id, ...query }, String(number));
    const figures = make('dl', { className: 'figures' },
      figure('Accepted', all.perMinute === null ? count(all.accepted, 'message') : `${Math.round(all.perMinute * 10) / 10} a minute`, all.perMinute === null ? 'since the start' : `${count(all.accepted, 'message')} since the start`),
      latency(all, Number(p95)),
      figure('Not ended', list({ view: 'messages' }, all.backlog), all.oldest ? `oldest ${duration(Math.max(0, Date.now() - all.oldest))}` : null),
      figure('Dead letters', list({ view: 'dead' }, all.dead), all.dead ? chip('bad', 'somebody has to decide') : null));
    const facts = make('dl', { className: 'commands' });
    const fact = (label, ...value) => facts.append(make('div', {}, make('dt', {}, label), make('dd', {}, make('span', {}, ...value))));
    state.instances.forEach((instance) => {
      const row = (instance.interfaces || []).find((it) => it.smart_id === id);
      const parts = Object.entries(instance.parts || {}).filter(([, part]) => part.status !== 'up').map(([name, part]) => `${name}: ${part.detail}`);
      fact(`Service at ${instance.address}`, standing(instance, row, digest), instance.answers && !instance.ready ? chip('bad', 'takes no messages') : '', ` ${instance.why || parts.join('; ')}`);
    });
    ways.forEach((way) => fact(way.system, breaker(way), ` ${count(way.in_flight, 'call')} under way${way.open_until_ms ? ', next look ' : ''}`, way.open_until_ms ? time(way.open_until_ms) : ''));
    if (all.paused) fact('Paused', chip('warn', `since ${all.paused.since_at}`), ` by ${all.paused.who}: ${all.paused.why}`);
    (firing.length ? firing : incidents.slice(0, 1)).forEach((it) => fact('Last alert', chip(it.status === 'resolved' ? '' : 'bad', it.status), ` ${it.reason} at ${it.target || 'no system'}, ${count(it.count, 'time')}, last `, time(it.last_ms)));
    section.replaceChildren(make('h2', {}, 'Running now'), figures, facts);
    section.classList.remove('stale');
  }

  function interfacePage(main) {
    const section = make('section', { id: 'live', className: 'live' }, make('h2', {}, 'Running now'), make('p', { className: 'muted' }, 'Asking the service'));
    main.querySelector('header.head').after(section);
    watch(async () => {
      const state = await ask(`state?interface=${encodeURIComponent(main.dataset.interface)}`);
      if (state) panel(section, state, main);
    }, (error) => {
      section.classList.add('stale');
      const note = section.querySelector('.failed') || section.appendChild(make('p', { className: 'failed' }));
      note.replaceChildren(chip('bad', 'not up to date'), ` ${error.message}`);
    });
  }

  const load = (tag, properties) => document.head.append(make(tag, properties));
  window.tielineLive = { ask, breaker, chip, count, duration, make, operate, time, together, watch };
  addEventListener('DOMContentLoaded', () => {
    const here = document.querySelector('[data-operate]');
    const link = operate({}, 'Operate');
    link.setAttribute('aria-current', here ? 'page' : 'false');
    document.querySelector('header.top nav').append(link);
    const main = document.querySelector('main[data-interface]');
    if (main) interfacePage(main);
    if (here) {
      load('link', { rel: 'stylesheet', href: `${root()}assets/operate.css` });
      load('script', { src: `${root()}assets/operate.js` });
    }
  });
})();
