// Documents that want to do harm, as a reader sees them.

import assert from 'node:assert/strict';

import { tooWide } from '../judge.mjs';
import { ask, hits } from '../search.mjs';

const ORDER = 'interfaces/sales-shop-books-order-v1/index.html';
const SHOP = 'systems/web-shop/index.html';
const EVIL = '<script>alert(1)</script>';

/** Pages that documents have a part in. */
const pages = (it) => it.pages().filter((path) => !/^(codes|docs|i|programs|reasons)\/|^fields\/extra/.test(path));

/** What must not be there, whatever documents say. Words in the console, dialogs and requests are heard by the reader. */
const harm = () => {
  const all = [...document.querySelectorAll('*')];
  const address = (it) => it.getAttribute('href') ?? it.getAttribute('src') ?? '';
  const harmful = (it) => it.matches('script:not([src]), style, iframe, object, embed, base, form[action]')
    || it.getAttributeNames().some((name) => name.startsWith('on') || name === 'style')
    || (it.tagName === 'IMG' && !address(it).startsWith('../'))
    || /^\s*(javascript|data|vbscript|file):/i.test(address(it));
  return all.filter(harmful).map((it) => it.outerHTML.slice(0, 120));
};

export default {
  'every page is harmless, on the disk and on a telephone': async (it) => {
    const [first, ...rest] = pages(it);
    const page = await it.open(first, { width: 390, height: 844 });
    const wrong = [];
    for (const path of [first, ...rest]) {
      await page.goto(it.site().file + path);
      wrong.push(...[...(await page.evaluate(harm)), ...(await tooWide(page))].map((line) => `${path}: ${line}`));
    }
    assert.ok(rest.length > 25, `${rest.length} pages`);
    assert.deepEqual(wrong, []);
  },
  'what was to run stands there as text': async (it) => {
    for (const path of [ORDER, SHOP, 'interfaces/index.html', 'index.html', 'changes/index.html']) {
      const page = await it.open(path, { from: 'web' });
      assert.ok((await page.locator('main').innerText()).includes(EVIL), path);
    }
  },
  'links that run are no links': async (it) => {
    const page = await it.open(ORDER);
    const links = await page.locator('main a').evaluateAll((all) => all.map((link) => new URL(link.getAttribute('href'), document.baseURI).protocol));
    assert.deepEqual([...new Set(links)].sort(), ['file:', 'https:'], 'links of the site, and those that lead out');
  },
  'the search shows hostile titles as text': async (it) => {
    const page = await it.open('index.html');
    await ask(page, '<script>alert(1)</script>');
    assert.ok((await hits(page)).length > 0);
    assert.ok((await page.locator('#hits').innerText()).includes(EVIL));
    assert.deepEqual(await page.evaluate(harm), []);
  },
  'hostile titles are taken along as text': async (it) => {
    const page = await it.open('interfaces/index.html');
    await page.locator('[data-filter]').fill('alert(1)');
    assert.match(await page.locator('[data-count]').innerText(), /^2 of 3/);
  },
  'five thousand rows can be read and left': async (it) => {
    const page = await it.open(ORDER);
    assert.equal(await page.locator('td', { hasText: /^row\d+$/ }).count(), 5001);
    await page.locator('td', { hasText: 'row1666' }).last().scrollIntoViewIfNeeded();
    await page.goto(it.site().file + SHOP);
    assert.equal(await page.locator('code', { hasText: /^extra\d+$/ }).count(), 1900);
  },
  'text from right to left turns nothing but itself': async (it) => {
    const page = await it.open('interfaces/index.html');
    const title = page.locator('bdi', { hasText: 'عربي' });
    assert.equal(await title.evaluate((bdi) => getComputedStyle(bdi).unicodeBidi), 'isolate');
    const cells = await title.evaluate((bdi) => [...bdi.closest('tr').cells].map((cell) => cell.getBoundingClientRect().left));
    assert.deepEqual(cells, cells.toSorted((a, b) => a - b), 'cells stay in their order');
  },
};
