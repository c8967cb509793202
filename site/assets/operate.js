// The operator's page: what is running, messages and their stories, dead letters, decisions. Every word of the service
// becomes text, never markup; whether somebody may decide is the service's to say.
(() => {
  'use strict';
  const { ask, breaker, chip, count, duration, make, operate, time, together, watch } = window.tielineLive;
  const asked = new URLSearchParams(location.search);
  const root = document.body.dataset.root;
  const main = document.querySelector('[data-operate]');
  const at = (path) => `api/${path}`;
  const part = encodeURIComponent;
  const slug = (id) => id.toLowerCase().replace(/[^a-z0-9]+/g, '-').replace(/^-|-$/g, '').slice(0, 80);
  const page = (id) => make('a', { href: `${root}interfaces/${slug(id)}/index.html` }, id);
  const STATES = ['ACCEPTED', 'READY', 'IN_FLIGHT', 'RETRYING', 'HELD', 'DELIVERED', 'DISCARDED', 'DEAD', 'FAILED', 'RESOLVED'];
  const color = (state) => ({ DELIVERED: 'good', DISCARDED: 'good', RESOLVED: 'good', DEAD: 'bad', FAILED: 'bad', HELD: 'warn', RETRYING: 'warn' }[state] || '');
  const reason = (code) => (code ? make('a', { href: `${root}reasons/index.html#${code.toLowerCase().replace(/_/g, '-')}` }, code) : '');

  const table = (name, heads, rows) => {
    const head = make('thead', {}, make('tr', {}, ...heads.map((text) => make('th', { scope: 'col' }, text || make('span', { className: 'vh' }, 'Action')))));
    const body = make('tbody', {}, ...rows.map((cells) => make('tr', {}, ...cells.map((cell, index) => {
      const td = make('td', {}, ...[cell].flat());
      td.dataset.l = heads[index];
      return td;
    }))));
    const scroll = make('div', { className: 'scroll', tabIndex: 0 }, make('table', { className: 'list' }, head, body));
    scroll.setAttribute('role', 'region');
    scroll.setAttribute('aria-label', name);
    return scroll;
  };
  const section = (title, ...children) => make('section', {}, make('h2', {}, title), ...children);
  const nothing = (text) => make('p', { className: 'muted' }, text);
  const pre = (text) => make('pre', { tabIndex: 0 }, make('code', {}, text));
  const button = (text, act) => {
    const element = make('button', { type: 'button', className: 'act' }, text);
    element.addEventListener('click', act);
    return element;
  };

  // What was decided or went wrong, said aloud.
  const notice = make('p', { className: 'notice' });
  notice.setAttribute('role', 'status');
  const view = make('div', {});
  const say = (kind, text) => notice.replaceChildren(chip(kind, kind === 'bad' ? 'not done' : 'done'), ` ${text}`);
  let again = () => {};

  // Asks why, shows what it would do, and only then decides.
  function decide({ title, path, body, preview }) {
    const why = make('input', { type: 'text', id: 'why', maxLength: 500, autocomplete: 'off' });
    const problem = make('p', { className: 'problem' });
    problem.setAttribute('role', 'alert');
    const dialog = make('dialog', { className: 'decide' });
    dialog.setAttribute('aria-label', title);
    const done = () => { dialog.close(); dialog.remove(); };
    const yes = button(title, async () => {
      if (!why.value.trim()) { problem.textContent = 'Say why: it stands in the audit log.'; why.focus(); return; }
      yes.disabled = true;
      try {
        const told = await ask(at(path), { ...body, why: why.value.trim() });
        done();
        say('good', told.replay_of ? `replayed as ${told.id}` : `${title.toLowerCase()}: ${told.state || 'as decided'}`);
        again();
      } catch (error) { problem.textContent = error.message; yes.disabled = false; }
    });
    yes.classList.add('main');
    const cancel = button('Cancel', done);
    dialog.append(make('h2', {}, title), preview || '', make('label', { htmlFor: 'why' }, 'Why'), why, problem, make('p', { className: 'acts' }, yes, cancel));
    dialog.addEventListener('cancel', () => dialog.remove());
    document.body.append(dialog);
    dialog.showModal();
    why.focus();
  }

  const line = (text) => make('span', { className: { '+': 'more', '-': 'less', '@': 'place' }[text[0]] || '' }, `${text}\n`);
  const rehearsed = (told) => make('div', { className: 'would' }, make('p', {}, `Dry run: ${told.end}`), ...told.calls.map((call) => make('div', {},
    make('h3', {}, `${call.step}: ${call.system} ${call.operation}`),
    call.before !== null && !call.diff ? nothing('the same as before')
      : make('pre', { tabIndex: 0 }, make('code', {}, ...(call.before === null ? call.after.split('\n').filter(Boolean).map((text) => `+${text}`) : call.diff.split('\n')).map(line))))));
  async function replay(number, id) {
    try {
      const told = await ask(at(`${number}/messages/${part(id)}/replay`), { dry_run: true });
      decide({ title: 'Replay', path: `${number}/messages/${part(id)}/replay`, body: {}, preview: rehearsed(told) });
    } catch (error) { say('bad', error.message); }
  }
  const simple = (title, verb, number, id, text) => button(title, () => decide({ title, path: `${number}/messages/${part(id)}/${verb}`, body: {}, preview: make('p', {}, text) }));

  function acts(number, row) {
    const ended = ['DEAD', 'FAILED'].includes(row.state);
    const open = ended || ['HELD', 'RETRYING'].includes(row.state);
    return make('p', { className: 'acts' },
      open ? simple('Retry', 'retry', number, row.id, 'The same message goes on, with a new timetable. What is known to be done is not done again.') : null,
      button('Replay', () => replay(number, row.id)),
      open ? simple('Resolve', 'resolve', number, row.id, 'It was dealt with elsewhere; nothing more is sent.') : null,
      open ? simple('Discard', 'discard', number, row.id, 'Nothing more is to be delivered.') : null,
      ended && row.order_key ? simple('Skip', 'skip', number, row.id, 'The messages behind it in its order key may pass.') : null);
  }

  const link = (row) => operate({ message: row.id }, make('code', {}, row.id));
  const stateOf = (row) => [chip(color(row.state), row.state), ' ', reason(row.reason || row.waits_for)];
  const listed = (rows) => table('Messages', ['State', 'Message', 'Accepted', 'Interface', 'Detail'], rows.map((row) => [stateOf(row), link(row), time(row.accepted_ms), page(row.interface), row.detail || '']));
  const pause = (number, kind, name, paused) => button(paused ? 'Resume' : 'Pause', () => decide({
    title: paused ? 'Resume' : 'Pause',
    path: `${number}/${kind}/${part(name)}/${paused ? 'resume' : 'pause'}`,
    body: {},
    preview: make('p', {}, paused ? `${name} goes on.` : kind === 'systems' ? `Nothing is sent to ${name} until somebody resumes.` : `Messages of ${name} are accepted and kept until somebody resumes.`),
  }));

  const may = (state, number) => ['operator', 'admin'].includes(state.instances[number]?.who?.role);
  function overview(state) {
    const ids = [...new Set(state.instances.flatMap((it) => (it.interfaces || []).map((row) => row.smart_id)))];
    const services = table('Services', ['Service', 'Standing', 'Documents', 'You are'], state.instances.map((it) => [
      it.address,
      it.answers ? chip(it.ready ? 'good' : 'bad', it.ready ? 'takes messages' : 'takes no messages') : [chip('bad', 'no answer'), ` ${it.why || ''}`],
      make('code', {}, (it.digest || '').slice(0, 12)),
      it.who ? `${it.who.who} (${it.who.role})` : 'nobody it knows',
    ]));
    const rows = ids.map((id) => {
      const all = together(state, id);
      return [page(id), operate({ view: 'messages', interface: id }, String(all.backlog)), operate({ view: 'dead', interface: id }, all.dead ? chip('bad', String(all.dead)) : '0'),
        all.perMinute === null ? `${all.accepted} in all` : `${Math.round(all.perMinute * 10) / 10}`, all.p95 === null ? '' : duration(all.p95),
        [all.paused ? chip('warn', 'paused') : '', ...all.rows.filter(({ instance }) => may(state, instance.number)).slice(0, 1).map(({ instance }) => pause(instance.number, 'interfaces', id, all.paused))]];
    });
    const ways = state.instances.flatMap((it) => (it.systems || []).map((way) => [way.system, breaker(way), `${way.in_flight} of ${way.at_a_time}`, may(state, it.number) ? pause(it.number, 'systems', way.system, way.paused) : '']));
    const alerts = state.instances.flatMap((it) => (it.incidents || []).filter((one) => one.status !== 'resolved').map((one) => [
      [chip('bad', one.status), ' ', reason(one.reason)], page(one.interface), one.target || '', time(one.last_ms), `${one.count}`,
      one.status === 'firing' && may(state, it.number) ? button('Take on', () => decide({ title: 'Take on', path: `${it.number}/alerts/${part(one.dedup_key)}/acknowledge`, body: {}, preview: make('p', {}, 'Its channels are told, and hear of it again only when it is over.') })) : '']));
    view.replaceChildren(section('Services', services),
      section('Alerts', alerts.length ? table('Alerts', ['Alert', 'Interface', 'System', 'Last', 'Times', ''], alerts) : nothing('Nothing is wrong that anybody has to be told.')),
      section('Interfaces', table('Interfaces', ['Interface', 'Not ended', 'Dead', 'A minute', '95 of 100', ''], rows)),
      section('Systems', table('Systems', ['System', 'Breaker', 'Calls', ''], ways)));
  }

  const query = (names) => new URLSearchParams(names.filter((name) => asked.get(name)).map((name) => [name, asked.get(name)]));
  const LABELS = { interface: 'Interface', state: 'State', reason: 'Reason', target: 'System', id: 'Message, error or trace id', from: 'Accepted since' };
  function filter(state, names) {
    const all = (list, name) => [...new Set(state.instances.flatMap((it) => (it[list] || []).map((row) => row[name])))].sort();
    const choices = { interface: all('interfaces', 'smart_id'), state: STATES, target: all('systems', 'system') };
    const inputs = names.map((name) => {
      const value = asked.get(name) || '';
      const input = choices[name]
        ? make('select', { id: `by-${name}` }, ...['', ...choices[name]].map((it) => make('option', { value: it, selected: it === value }, it || 'any')))
        : make('input', { id: `by-${name}`, value, placeholder: { from: '2026-01-31T13:00:00Z', reason: 'EXHAUSTED' }[name] || '', autocomplete: 'off', spellcheck: false });
      return make('span', { className: 'narrow' }, make('label', { htmlFor: input.id }, LABELS[name]), input);
    });
    const go = () => {
      const next = new URLSearchParams({ view: asked.get('view') });
      names.forEach((name, index) => { const { value } = inputs[index].querySelector('input, select'); if (value.trim()) next.set(name, value.trim()); });
      location.search = next;
    };
    const tools = make('div', { className: 'tools' }, ...inputs, button('Filter', go));
    tools.addEventListener('keydown', (event) => { if (event.key === 'Enter' && event.target.tagName === 'INPUT') go(); });
    return tools;
  }
  // Every service is asked; a message that several know of is shown once.
  const kept = new Map();
  async function everywhere(state, path, key) {
    const answers = await Promise.all(state.instances.filter((it) => it.answers).map(async ({ number }) => {
      const told = await ask(at(`${number}/${path}`));
      if (told) kept.set(number, told[key]);
      return Boolean(told);
    }));
    if (!answers.includes(true)) return undefined;
    const seen = new Map([...kept.values()].flat().map((row) => [row.id, row]));
    return [...seen.values()].sort((a, b) => b.accepted_ms - a.accepted_ms);
  }
  const older = (rows, names) => {
    if (rows.length < 50) return null;
    const next = query(['view', ...names]);
    next.set('until', rows.at(-1).accepted_at);
    return make('p', {}, make('a', { href: `?${next}` }, 'Older'));
  };

  const FILTERS = ['interface', 'state', 'reason', 'target', 'id', 'from'];
  async function messages(state) {
    const rows = await everywhere(state, `messages?${query([...FILTERS, 'until'])}`, 'messages');
    if (!rows) return;
    view.replaceChildren(...[filter(state, FILTERS), rows.length ? listed(rows) : nothing('No message is so.'), older(rows, FILTERS)].filter(Boolean));
  }
  const DEAD = ['interface', 'reason', 'target', 'from'];
  async function dead(state) {
    const rows = await everywhere(state, `dead-letters?${query([...DEAD, 'until'])}`, 'dead_letters');
    if (!rows) return;
    const cells = rows.map((row) => [stateOf(row), link(row), time(row.accepted_ms), page(row.interface), [make('b', {}, row.dead_letter.sentence), ' ', row.dead_letter.system ? `${row.dead_letter.system} ${row.dead_letter.operation}, ${count(row.dead_letter.tries, 'try').replace('trys', 'tries')}` : '']]);
    view.replaceChildren(...[filter(state, DEAD), rows.length ? table('Dead letters', ['Reason', 'Message', 'Accepted', 'Interface', 'What happened'], cells) : nothing('No dead letter is so.'), older(rows, DEAD)].filter(Boolean));
  }

  const fact = (label, ...value) => make('tr', {}, make('th', { scope: 'row' }, label), make('td', {}, ...value));
  function lastWords(it) {
    if (!it) return null;
    const errors = (it.field_errors || []).map((one) => make('li', {}, make('code', {}, one.pointer || one.path || ''), ` ${one.detail || one.message || JSON.stringify(one)}`));
    return section('Dead letter', make('p', {}, make('strong', {}, it.sentence)), make('p', {}, 'What to do: ', reason(it.reason)),
      errors.length ? make('ul', {}, ...errors) : null,
      it.mapped ? make('figure', {}, make('figcaption', {}, `What was to be sent to ${it.system}; sensitive fields are masked`), pre(JSON.stringify(it.mapped, null, 2))) : nothing(it.system ? 'What was to be sent is shown to operators.' : ''));
  }
  function story(state, number, told) {
    const about = make('table', { className: 'facts' }, make('tbody', {}, fact('Interface', page(told.interface)), fact('Accepted', time(told.accepted_ms), ` from ${told.principal || 'a timetable'}`),
      told.due_ms ? fact('Next send', time(told.due_ms)) : '', told.ended_ms ? fact('Ended', time(told.ended_ms), ` after ${duration(told.ended_ms - told.accepted_ms)}`) : '',
      told.detail ? fact('Detail', told.detail) : '', told.order_key ? fact('Order key', told.order_key) : '', fact('Error id', make('code', {}, told.error_id || '')),
      told.trace_id ? fact('Trace', make('code', {}, told.trace_id)) : '', told.replay_of ? fact('Replay of', operate({ message: told.replay_of }, make('code', {}, told.replay_of))) : '',
      ...told.replays.map((it) => fact('Replayed as', operate({ message: it.id }, make('code', {}, it.id)), ' ', chip(color(it.state), it.state)))));
    const attempts = told.attempts.map((it) => [it.step, `${it.n}`, chip(['delivered', 'duplicate'].includes(it.class) ? 'good' : 'warn', it.class), it.status ? `${it.status}` : '', time(it.start_ms), duration(it.end_ms - it.start_ms), [it.reason || '', it.excerpt ? pre(it.excerpt) : '']]);
    const deliveries = told.deliveries.map((it) => [it.step, it.system, it.operation, chip(it.done ? 'good' : it.in_doubt ? 'warn' : '', it.done ? 'done' : it.in_doubt ? 'in doubt' : 'open')]);
    const decisions = told.decisions.map((it) => [it.at, `${it.who} (${it.role})`, it.action, it.why || '', it.result]);
    view.replaceChildren(...[make('p', { className: 'ids' }, make('code', { className: 'id' }, told.id), make('span', { className: 'chips' }, ...stateOf(told))),
      may(state, number) ? acts(number, told) : nothing('To decide, open the address that tieline serve printed, or come with a role.'), about, lastWords(told.dead_letter),
      deliveries.length ? section('Deliveries', table('Deliveries', ['Step', 'System', 'Operation', ''], deliveries)) : null,
      attempts.length ? section('Attempts', table('Attempts', ['Step', 'No', 'Class', 'Status', 'Start', 'Took', 'Reply'], attempts)) : null,
      decisions.length ? section('Decisions', table('Decisions', ['At', 'Who', 'Decision', 'Why', 'Result'], decisions)) : null].filter(Boolean));
  }
  async function message(state) {
    let last = new Error('no service answers');
    for (const it of state.instances.filter((one) => one.answers)) {
      try {
        const told = await ask(at(`${it.number}/messages/${part(asked.get('message'))}`));
        if (told) story(state, it.number, told);
        return;
      } catch (error) { last = error; }
    }
    throw last;
  }

  const tabs = [['', 'Overview'], ['messages', 'Messages'], ['dead', 'Dead letters']];
  const current = asked.get('message') ? 'message' : asked.get('view') || '';
  const nav = make('nav', { className: 'tabs' }, ...tabs.map(([key, text]) => {
    const entry = operate(key ? { view: key } : {}, text);
    entry.setAttribute('aria-current', key === current ? 'page' : 'false');
    return entry;
  }));
  nav.setAttribute('aria-label', 'Operate');
  main.querySelector('[data-offline]').replaceWith(nav);
  main.append(notice, view);
  const look = { '': overview, messages, dead, message }[current] || overview;
  let known;
  // Somebody who types or decides is not interrupted.
  const busy = () => document.querySelector('dialog[open]') || view.querySelector('.tools :focus');
  again = watch(async () => {
    const state = await ask('state');
    known = state || known;
    if (busy() || (look === overview && !state)) return;
    main.classList.remove('stale');
    await look(known);
  }, (error) => { main.classList.add('stale'); say('bad', error.message); });
})();
