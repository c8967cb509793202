// Only `tieline dev` serves this file: pages load anew when documents change, and show what is wrong with them.
(() => {
  'use strict';
  const make = (tag, properties, ...children) => {
    const element = Object.assign(document.createElement(tag), properties);
    element.append(...children);
    return element;
  };
  function show(box, { stands, diagnostics }) {
    const bad = diagnostics.filter((it) => it.severity !== 'info');
    box.hidden = !bad.length;
    box.open = !stands;
    const one = (it) => make('li', {}, make('span', { className: `chip ${it.severity === 'error' ? 'bad' : 'warn'}` }, it.code), ` ${it.message} `,
      make('code', {}, `${it.path}:${it.line}`), it.help ? make('span', { className: 'help' }, it.help) : '');
    const head = stands ? `${bad.length} open point${bad.length === 1 ? '' : 's'}` : 'The documents have errors: this page is of before';
    box.replaceChildren(make('summary', {}, head), make('ul', { className: 'points' }, ...bad.map(one)));
  }
  addEventListener('DOMContentLoaded', () => {
    const { root } = document.body.dataset;
    document.head.append(make('link', { rel: 'stylesheet', href: `${root}assets/dev.css` }));
    const box = make('details', { className: 'dev', hidden: true });
    box.setAttribute('role', 'status');
    document.body.append(box);
    let mine;
    new EventSource(`${root}dev/events`).addEventListener('message', (event) => {
      const word = JSON.parse(event.data);
      if (mine !== undefined && word.stands && word.version !== mine) location.reload();
      else show(box, word);
      mine ??= word.version;
    });
  });
})();
