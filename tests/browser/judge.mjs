// What any page is judged by.
//
// In: an open page. Out: what is wrong with it, as lines. Never knows: which page it is.

import { readFileSync } from 'node:fs';

const TAGS = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];
/** Rules that colours decide; all others say the same in every theme. */
const COLOURS = ['color-contrast', 'link-in-text-block'];

/** Breaches of axe-core's rules: first of all but those that colours decide, then of those in the light theme and in the dark one. */
export async function violations(page, axe) {
  await page.evaluate(readFileSync(axe, 'utf8'));
  await page.evaluate(teachLooks);
  const found = await page.evaluate(async ({ tags, colours }) => {
    const at = (it) => it.nodes.slice(0, 3).map((node) => node.target.join(' ')).join(', ');
    const run = async (what, where, options) => {
      const { violations: these, passes } = await window.axe.run(where, { ...options, resultTypes: ['violations'], preload: false });
      return { lines: these.map((it) => `${what}: ${it.id} at ${at(it)}`), held: passes.length };
    };
    const inTheme = (theme) => {
      document.documentElement.dataset.theme = theme;
      return run(theme, { include: window.textsThatDiffer() }, { runOnly: { type: 'rule', values: colours } });
    };
    const rules = Object.fromEntries(colours.map((rule) => [rule, { enabled: false }]));
    const all = await run('any theme', document, { runOnly: { type: 'tag', values: tags }, rules });
    const [light, dark] = [await inTheme('light'), await inTheme('dark')];
    return { lines: [all, light, dark].flatMap((it) => it.lines), held: all.held, ofColours: Math.min(light.held, dark.held) };
  }, { tags: TAGS, colours: COLOURS });
  if (found.held > 10 && found.ofColours > 0) return found.lines;
  return [...found.lines, `axe held only ${found.held} rules against it, and ${found.ofColours} of colours`];
}

/** Contrast takes long to find out, and texts that look alike, on what looks alike, have the same. Runs in the page. */
function teachLooks() {
  const below = (element) => {
    const layers = [];
    for (let up = element; up; up = up.parentElement) {
      const { backgroundColor, backgroundImage, opacity, filter, position } = getComputedStyle(up);
      layers.push([up.localName, backgroundColor, backgroundImage, opacity, filter, position]);
    }
    return layers;
  };
  const look = (element) => {
    const { color, fontSize, fontWeight, textDecorationLine, textShadow } = getComputedStyle(element);
    return JSON.stringify([color, fontSize, fontWeight, textDecorationLine, textShadow, below(element)]);
  };
  const hasText = (element) => [...element.childNodes].some((node) => node.nodeType === Node.TEXT_NODE && node.data.trim());
  window.textsThatDiffer = () => {
    const texts = [...document.body.querySelectorAll('*')].filter((it) => it.checkVisibility() && hasText(it));
    return [...new Map(texts.map((it) => [look(it), it])).values()];
  };
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
