// The keyboard alone.

import assert from 'node:assert/strict';

import { ask } from '../search.mjs';

const open = (page) => page.locator('dialog[open]').count();
const chosen = (page) => page.locator('#hits [aria-selected="true"]').evaluateAll((items) => items.map((item) => item.id));

/** What has the focus, and whether that can be seen. */
const focus = (page) => page.evaluate(() => {
  const at = document.activeElement;
  const style = getComputedStyle(at);
  const box = at.getBoundingClientRect();
  return {
    name: (at.getAttribute('aria-label') ?? at.textContent).trim().slice(0, 40),
    seen: style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 1.5 && box.width > 2 && box.bottom > 0 && box.top < innerHeight,
    body: at === document.body,
  };
});

export default {
  'the slash and Ctrl-K open the search, Escape closes it': async (it) => {
    const page = await it.open('index.html');
    for (const keys of ['/', 'Control+k', 'Meta+k']) {
      await page.keyboard.press(keys);
      assert.equal(await open(page), 1, keys);
      assert.equal(await page.evaluate(() => document.activeElement.tagName), 'INPUT', keys);
      await page.keyboard.press('Escape');
      assert.equal(await open(page), 0, `Escape after ${keys}`);
    }
  },
  'a slash in a field stays a slash': async (it) => {
    const page = await it.open('interfaces/index.html');
    await page.locator('[data-filter]').focus();
    await page.keyboard.type('a/b');
    assert.equal(await page.locator('[data-filter]').inputValue(), 'a/b');
    assert.equal(await open(page), 0);
  },
  'arrows choose a result and Enter opens it': async (it) => {
    const page = await it.open('index.html');
    await ask(page, 'order');
    assert.deepEqual(await chosen(page), ['hit-0']);
    await page.keyboard.press('ArrowDown');
    assert.deepEqual(await chosen(page), ['hit-1']);
    assert.equal(await page.locator('dialog input').getAttribute('aria-activedescendant'), 'hit-1');
    await page.keyboard.press('ArrowUp');
    await page.keyboard.press('ArrowUp');
    const last = (await page.locator('#hits a').count()) - 1;
    assert.deepEqual(await chosen(page), [`hit-${last}`], 'from the first up to the last');
    await page.keyboard.press('ArrowDown');
    const href = await page.locator('#hit-0').evaluate((link) => link.href);
    await page.keyboard.press('Enter');
    await page.waitForURL(href);
  },
  'the first tab leads past the navigation': async (it) => {
    const page = await it.open('systems/index.html');
    await page.keyboard.press('Tab');
    const skip = page.locator('.skip');
    assert.ok(await skip.evaluate((link) => link === document.activeElement && link.getBoundingClientRect().width > 100), 'the link shows itself');
    await page.keyboard.press('Enter');
    await page.keyboard.press('Tab');
    assert.ok(await page.evaluate(() => document.querySelector('main').contains(document.activeElement)), 'the next stop is in the content');
  },
  'every stop of the keyboard is seen': async (it) => {
    for (const path of ['index.html', 'interfaces/index.html', 'interfaces/proc-11vms-srm7-activity-report-v1/index.html']) {
      const page = await it.open(path);
      const wrong = [];
      let stops = 0;
      for (; stops < 60; stops += 1) {
        await page.keyboard.press('Tab');
        const at = await focus(page);
        if (at.body) break;
        if (!at.seen) wrong.push(at.name);
      }
      assert.deepEqual(wrong, [], path);
      assert.ok(stops > 20, `${path} has only ${stops} stops`);
    }
  },
  'facets are chosen with the keyboard': async (it) => {
    const page = await it.open('interfaces/index.html');
    await page.locator('[data-facet="domain:sales"]').focus();
    await page.keyboard.press('Enter');
    assert.match(page.url(), /\?domain=sales$/);
    assert.equal(await page.locator('tr[data-k]:visible').count(), 6);
  },
};
