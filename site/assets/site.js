// The site works without this file; with it, it searches, filters, copies and remembers the theme.
(() => {
  'use strict';
  const root = document.documentElement;
  const memory = {
    get: () => { try { return localStorage.getItem('tieline-theme'); } catch { return null; } },
    set: (value) => { try { localStorage.setItem('tieline-theme', value); } catch { /* private windows keep nothing */ } },
  };
  // Before the first paint, so that no page flashes in the other theme.
  if (memory.get()) root.dataset.theme = memory.get();

  let facts = null;
  let written = new Set();
  let waiting = [];
  const shards = new Map();
  window.tieline = {
    facts: (rows, names) => {
      written = new Set(names);
      facts = rows.map((row) => {
        const [kind, title, id, , keys] = row.map((it) => it.toLowerCase());
        return { row, kind, title, id, keys: keys.split(' '), text: row.join('\n').toLowerCase() };
      });
      waiting.splice(0).forEach((done) => done());
    },
    text: ([shard, words]) => shards.get(shard).resolve(new Map(Object.entries(words))),
  };

  const make = (tag, properties, ...children) => {
    const element = Object.assign(document.createElement(tag), properties);
    element.append(...children);
    return element;
  };
  const load = (path) => {
    const script = make('script', { src: document.body.dataset.root + path });
    const failed = new Promise((_, reject) => { script.onerror = reject; });
    document.head.append(script);
    return failed;
  };
  const shard = (word) => {
    const name = [...word].slice(0, 2).map((it) => (/[a-z0-9]/.test(it) ? it : '_')).join('');
    if (!written.has(name)) return new Map();
    if (!shards.has(name)) {
      const entry = {};
      entry.promise = new Promise((resolve) => { entry.resolve = resolve; });
      shards.set(name, entry);
      load(`search/text-${name}.js`).catch(() => entry.resolve(new Map()));
    }
    return shards.get(name).promise;
  };

  // Entries whose document has a word that begins so: entry -> the word.
  const beginning = async (start) => {
    const hits = new Map();
    for (const [known, entries] of await shard(start)) {
      if (known.startsWith(start)) entries.forEach((entry) => hits.has(entry) || hits.set(entry, known));
    }
    return hits;
  };
  const inDocuments = async (word) => {
    const whole = await beginning(word.replace(/[^\p{L}\p{N}_-]/gu, ''));
    const parts = word.split(/[^\p{L}\p{N}]+/u).filter((part) => part.length > 1);
    if (whole.size || parts.length < 2) return whole;
    const [first, ...rest] = await Promise.all(parts.map(beginning));
    return new Map([...first].filter(([entry]) => rest.every((hits) => hits.has(entry))));
  };
  // Every word must be found: in the facts of an entry, or in its document.
  async function find(query) {
    const words = query.toLowerCase().split(/\s+/).filter(Boolean);
    if (!words.length) return [];
    if (!facts) await new Promise((done) => { waiting.push(done); });
    const inText = await Promise.all(words.map(inDocuments));
    const found = [];
    facts.forEach((fact, index) => {
      let score = 0;
      let where = '';
      for (let at = 0; at < words.length; at += 1) {
        const word = words[at];
        const { title, id, keys } = fact;
        if (id === word || title === word || keys.includes(word)) score += 100;
        else if (title.startsWith(word)) score += 40;
        else if (title.includes(word) || id.includes(word)) score += 25;
        else if (fact.text.includes(word)) score += 10;
        else if (inText[at].has(index)) { score += 1; where = inText[at].get(index); } else return;
      }
      // What is called exactly so comes before what has to do with it.
      if ([fact.title, fact.id].includes(words.join(' '))) score += 100 * words.length;
      if (fact.kind === 'interface') score += 3;
      if (fact.kind === 'system') score += 2;
      found.push({ fact, score, where });
    });
    return found.sort((a, b) => b.score - a.score).slice(0, 30);
  }

  let dialog;
  function search() {
    if (!dialog) {
      const input = make('input', { type: 'search', placeholder: 'Interface, system, field, word', autocomplete: 'off', spellcheck: false });
      input.setAttribute('aria-label', 'Search the catalog');
      input.setAttribute('role', 'combobox');
      input.setAttribute('aria-controls', 'hits');
      input.setAttribute('aria-expanded', 'true');
      const hits = make('ul', { className: 'hits', id: 'hits', role: 'listbox' });
      hits.setAttribute('aria-label', 'Results');
      const state = make('p', { className: 'state' });
      state.setAttribute('aria-live', 'polite');
      dialog = make('dialog', {}, input, hits, state);
      dialog.setAttribute('aria-label', 'Search');
      document.body.append(dialog);
      let chosen = 0;
      const choose = (next) => {
        const items = [...hits.querySelectorAll('a')];
        if (!items.length) return;
        chosen = (next + items.length) % items.length;
        items.forEach((item, at) => item.setAttribute('aria-selected', String(at === chosen)));
        items[chosen].scrollIntoView({ block: 'nearest' });
        input.setAttribute('aria-activedescendant', items[chosen].id);
      };
      let turn = 0;
      const show = async () => {
        const mine = turn += 1;
        const found = await find(input.value);
        if (mine !== turn) return;
        hits.replaceChildren(...found.map(({ fact, where }, at) => {
          const [kind, title, subtitle, href] = fact.row;
          const small = make('small', {}, where ? `${subtitle} · in its text: ${where}` : subtitle);
          const link = make('a', { id: `hit-${at}`, role: 'option', href: document.body.dataset.root + href, tabIndex: -1 }, make('bdi', {}, title), make('em', {}, kind), small);
          return make('li', { role: 'none' }, link);
        }));
        state.textContent = input.value.trim()
          ? `${found.length === 30 ? 'The best 30' : found.length} found · arrows to choose, Enter to open, Escape to close`
          : 'Smart ID, legacy ID, system, operation, field, owner, code, or any word of a document';
        choose(0);
      };
      input.addEventListener('input', show);
      dialog.addEventListener('keydown', (event) => {
        if (event.key === 'ArrowDown') choose(chosen + 1);
        else if (event.key === 'ArrowUp') choose(chosen - 1);
        else if (event.key === 'Enter') hits.querySelectorAll('a')[chosen]?.click();
        else return;
        event.preventDefault();
      });
      dialog.addEventListener('click', (event) => {
        if (event.target === dialog || event.target.closest('a')) dialog.close();
      });
      load('search/facts.js').catch(() => { state.textContent = 'The search index could not be loaded.'; });
      show();
    }
    if (!dialog.open) dialog.showModal();
    dialog.querySelector('input').select();
  }

  const copy = (text) => (navigator.clipboard ? navigator.clipboard.writeText(text) : Promise.reject(new Error('no clipboard')));
  const all = (selector, visit) => document.querySelectorAll(selector).forEach(visit);

  // Facets: values of one group widen, groups narrow; the address says which.
  function facets() {
    const rows = [...document.querySelectorAll('tr[data-k]')].map((row) => ({ row, keys: row.dataset.k, text: row.textContent.toLowerCase() }));
    const input = document.querySelector('[data-filter]');
    const count = document.querySelector('[data-count]');
    const of = () => new URLSearchParams(location.search);
    const show = () => {
      const chosen = of();
      const groups = [...new Set(chosen.keys())].filter((group) => group !== 'q');
      const words = input.value.toLowerCase().split(/\s+/).filter(Boolean);
      let shown = 0;
      rows.forEach(({ row, keys, text }) => {
        const fits = groups.every((group) => chosen.getAll(group).some((value) => keys.includes(`|${group}:${value}|`)))
          && words.every((word) => text.includes(word));
        row.hidden = !fits;
        shown += fits;
      });
      count.textContent = shown === rows.length ? `${rows.length} interfaces` : `${shown} of ${rows.length} interfaces`;
      document.querySelector('[data-none]').hidden = shown > 0;
      all('[data-facet]', (link) => {
        const [group, value] = link.dataset.facet.split(':');
        const on = chosen.getAll(group).includes(value);
        const next = of();
        next.delete(group);
        chosen.getAll(group).filter((it) => it !== value).forEach((it) => next.append(group, it));
        if (!on) next.append(group, value);
        link.setAttribute('aria-current', String(on));
        link.setAttribute('href', `?${next}`);
      });
    };
    input.value = of().get('q') || '';
    input.parentElement.hidden = false;
    input.addEventListener('input', () => {
      const next = of();
      next.delete('q');
      if (input.value) next.set('q', input.value);
      history.replaceState(null, '', `${location.pathname}?${next}`);
      show();
    });
    document.querySelector('.facets').addEventListener('click', (event) => {
      const link = event.target.closest('[data-facet]');
      if (!link || event.ctrlKey || event.metaKey) return;
      event.preventDefault();
      history.pushState(null, '', link.getAttribute('href'));
      show();
    });
    addEventListener('popstate', show);
    if (matchMedia('(max-width: 68rem)').matches) all('.facets details', (group) => { group.open = false; });
    const table = document.querySelector('table.list');
    const text = (it) => it.textContent.replace(/\s+/g, ' ').trim();
    const csv = (chosen) => {
      const cell = (it) => `"${it.replace(/^[=+\-@]/, "'$&").replace(/"/g, '""')}"`;
      const parts = (it) => (it.children.length > 1 ? [...it.children].map((part) => text(part) || '→').join(' ') : text(it));
      return [table.tHead.rows[0], ...chosen].map((row) => `${[...row.cells].map((it) => cell(parts(it))).join(',')}\r\n`).join('');
    };
    // Under the names of catalog.json.
    const json = (chosen) => JSON.stringify(chosen.map((row) => {
      const [what, line, style, domain, status, owner, points] = row.cells;
      const [id, legacy] = [...what.querySelectorAll('code')].map(text);
      const [source, target] = line.textContent.split(/\s{2,}/).map((it) => it.trim());
      return {
        smart_id: id, legacy_ids: legacy ? legacy.split(', ') : [], title: text(what.querySelector('a')), status: text(status), domain: text(domain), style: text(style), source, target, owner: text(owner), open_points: Number(text(points)), page: what.querySelector('a').href,
      };
    }), null, 2);
    const kinds = { csv: [csv, 'text/csv'], json: [json, 'application/json'] };
    all('[data-selection]', (button) => {
      button.hidden = false;
      button.addEventListener('click', () => {
        const [write, type] = kinds[button.dataset.selection];
        const href = URL.createObjectURL(new Blob([write(rows.filter((it) => !it.row.hidden).map((it) => it.row))], { type }));
        make('a', { href, download: `selection.${button.dataset.selection}` }).click();
        setTimeout(() => URL.revokeObjectURL(href), 1000);
      });
    });
    show();
  }

  // From one system to another: the page of the one, at the place of the other.
  function choose(form) {
    const links = [...document.querySelectorAll('#systems td:first-child a')];
    const select = (label, none) => {
      const box = make('select', {}, make('option', { value: '' }, none), ...links.map((link, at) => make('option', { value: at }, link.textContent)));
      form.append(make('label', { className: 'filter' }, label, box));
      return box;
    };
    const [from, to] = [select('From', 'a system'), select('to', 'anywhere')];
    const button = make('button', { className: 'copy', type: 'button' }, 'Show the way');
    button.addEventListener('click', () => {
      if (!from.value) from.focus();
      else location.href = links[from.value].href + (to.value ? `#to-${links[to.value].href.split('/').at(-3)}` : '');
    });
    form.append(button);
    form.hidden = false;
  }

  addEventListener('DOMContentLoaded', () => {
    all('[data-theme-switch]', (button) => {
      button.hidden = false;
      button.addEventListener('click', () => {
        const dark = root.dataset.theme ? root.dataset.theme === 'dark' : matchMedia('(prefers-color-scheme: dark)').matches;
        root.dataset.theme = dark ? 'light' : 'dark';
        memory.set(root.dataset.theme);
      });
    });
    all('[data-copy]', (button) => {
      button.hidden = false;
      button.addEventListener('click', () => copy(button.dataset.copy).then(
        () => { button.textContent = 'Copied'; },
        () => { button.textContent = 'Not allowed'; },
      ).finally(() => setTimeout(() => { button.textContent = 'Copy'; }, 1500)));
    });
    all('[data-find]', (link) => link.addEventListener('click', (event) => {
      event.preventDefault();
      search();
    }));
    if (document.querySelector('.facets')) facets();
    all('[data-choose]', choose);
    // A link to a folded message opens it.
    const unfold = () => {
      const target = location.hash.length > 1 && document.getElementById(decodeURIComponent(location.hash.slice(1)));
      if (target?.tagName === 'DETAILS') target.open = true;
    };
    addEventListener('hashchange', unfold);
    unfold();
    addEventListener('beforeprint', () => all('details', (details) => { details.open = true; }));
    const links = new Map([...document.querySelectorAll('.toc a[href^="#"]')].map((link) => [link.hash.slice(1), link]));
    if (links.size && 'IntersectionObserver' in window) {
      const observer = new IntersectionObserver((entries) => entries.forEach((entry) => {
        if (!entry.isIntersecting) return;
        links.forEach((link) => link.classList.remove('here'));
        links.get(entry.target.id).classList.add('here');
      }), { rootMargin: '-15% 0px -75% 0px' });
      links.forEach((_, id) => { const section = document.getElementById(id); if (section) observer.observe(section); });
    }
  });
  addEventListener('keydown', (event) => {
    const typing = event.target.closest?.('input, textarea, select, [contenteditable]');
    if ((event.key === '/' && !typing && !event.ctrlKey && !event.metaKey) || (event.key.toLowerCase() === 'k' && (event.ctrlKey || event.metaKey))) {
      event.preventDefault();
      search();
    }
  });
})();
