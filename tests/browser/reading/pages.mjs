// Every kind of page: it stands, it fits, everybody can read it, from the disk and from the web.

import assert from 'node:assert/strict';

import { tooWide, violations } from '../judge.mjs';
import { kinds } from '../kinds.mjs';

const stands = async (page) => {
  const seen = await page.evaluate(() => ({
    title: document.title,
    headings: document.querySelectorAll('h1').length,
    styled: getComputedStyle(document.querySelector('header.top')).display,
  }));
  const wrong = [];
  if (!seen.title) wrong.push('no title');
  if (seen.headings !== 1) wrong.push(`${seen.headings} main headings`);
  if (seen.styled !== 'flex') wrong.push('no style');
  return [...wrong, ...(await tooWide(page))];
};

/** Judges these pages one after the other in one window. */
const everywhere = (pages, options, judge) => async (it) => {
  const wrong = [];
  const page = await it.open(pages[0], options);
  for (const path of pages) {
    await page.goto(it.site()[options.from ?? 'file'] + path);
    wrong.push(...(await judge(page)).map((line) => `${path}: ${line}`));
  }
  assert.deepEqual(wrong, []);
};

const readable = (path) => async (it) => {
  const page = await it.open(path);
  assert.deepEqual(await violations(page, it.axe), []);
};

export default (it) => {
  const pages = kinds(it.pages(), (path) => it.text(path));
  assert.ok(pages.length >= 20, `only ${pages.length} kinds of pages were found: ${pages}`);
  return {
    ...Object.fromEntries(pages.map((path) => [`everybody can read ${path} in both themes`, readable(path)])),
    'every kind of page stands on the disk': everywhere(pages, {}, stands),
    'every kind of page stands below a path of a server': everywhere(pages, { from: 'web' }, stands),
    'nothing is wider than a telephone': everywhere(pages, { width: 390, height: 844 }, stands),
    'nothing is wider than the narrowest window': everywhere(pages, { width: 320, height: 640 }, tooWide),
  };
};
