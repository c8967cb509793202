// What any page is judged by.
//
// In: an open page. Out: what is wrong with it, as lines. Never knows: which page it is.

import { readFileSync } from 'node:fs';

const TAGS = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];
/** Rules that colours decide; all others say the same in every theme. */
const COLOURS = ['color-contrast', 'link-in-text-block'];

/** Breaches of axe-core's rules, in the light theme and then in the dark one. */
export async function violations(page, axe) {
  await page.evaluate(readFileSync(axe, 'utf8'));
  const found = await page.evaluate(async ({ tags, colours }) => {
    const run = async (theme, runOnly) => {
      document.documentElement.dataset.theme = theme;
      const { violations: these, passes } = await window.axe.run(document, { runOnly, resultTypes: ['violations'], preload: false });
      const at = (it) => it.nodes.slice(0, 3).map((node) => node.target.join(' ')).join(', ');
      return { lines: these.map((it) => `${theme}: ${it.id} at ${at(it)}`), held: passes.length };
    };
    const light = await run('light', { type: 'tag', values: tags });
    const dark = await run('dark', { type: 'rule', values: colours });
    return { lines: [...light.lines, ...dark.lines], held: light.held };
  }, { tags: TAGS, colours: COLOURS });
  return found.held > 10 ? found.lines : [...found.lines, `axe held only ${found.held} rules against it`];
}

/** What is wider than the window; empty if nothing is. Boxes that scroll by themselves may hold what is wider. */
export function tooWide(page) {
  return page.evaluate(() => {
    const { documentElement } = document;
    if (documentElement.scrollWidth <= documentElement.clientWidth) return [];
    const inBox = (element) => {
      for (let up = element.parentElement; up && up !== document.body; up = up.parentElement) if (getComputedStyle(up).overflowX !== 'visible') return true;
      return false;
    };
    const wide = [...document.body.querySelectorAll('*')].filter((it) => it.getBoundingClientRect().right > documentElement.clientWidth + 1 && !inBox(it));
    const name = (it) => `${it.tagName.toLowerCase()}${it.id && `#${it.id}`}${it.classList.length ? `.${[...it.classList].join('.')}` : ''}`;
    return [`${documentElement.scrollWidth} px in ${documentElement.clientWidth}`, ...wide.slice(0, 5).map(name)];
  });
}
