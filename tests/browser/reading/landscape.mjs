// The landscape: everything on it leads somewhere, and can be read.

import assert from 'node:assert/strict';

/** The smallest text of any drawing, in pixels as they are seen. */
const smallest = (page) => page.evaluate(() => {
  const texts = [...document.querySelectorAll('.drawing text, .drawing tspan, .matrix a')];
  const sizes = texts.map((it) => {
    const svg = it.closest('svg');
    const scale = svg ? svg.getBoundingClientRect().width / svg.viewBox.baseVal.width : 1;
    return parseFloat(getComputedStyle(it).fontSize) * scale;
  });
  return { count: texts.length, px: Math.min(...sizes) };
});

export default {
  'a cell of the matrix leads to the interfaces that it counts': async (it) => {
    const page = await it.open('landscape/index.html');
    const cells = await page.locator('.matrix td a').evaluateAll((links) => links.map((link) => [link.href, Number(link.textContent)]));
    assert.ok(cells.length >= 5, `${cells.length} cells`);
    assert.equal(cells.reduce((sum, [, count]) => sum + count, 0), 9, 'the matrix counts every interface once');
    for (const [href, count] of cells) {
      await page.goto(href);
      if (count > 1) assert.match(await page.locator('[data-count]').innerText(), new RegExp(`^${count} of `), href);
      else assert.match(page.url(), /interfaces\/[a-z0-9-]+\/index\.html$/);
    }
  },
  'every interface stands on the landscape': async (it) => {
    const page = await it.open('landscape/index.html');
    const text = await page.locator('main').innerText();
    const missing = JSON.parse(it.text('catalog.json')).interfaces.filter((one) => !text.includes(one.smart_id));
    assert.deepEqual(missing, []);
  },
  'no drawing has text below 12 px, not even on a telephone': async (it) => {
    for (const width of [1280, 390]) {
      for (const path of ['landscape/index.html', 'systems/salesforce/index.html', 'interfaces/proc-11vms-srm7-activity-report-v1/index.html']) {
        const page = await it.open(path, { width });
        const { count, px } = await smallest(page);
        assert.ok(count > 5 && px >= 11.99, `${path} at ${width} px: ${count} texts, the smallest has ${px} px`);
      }
    }
  },
  'every box of a drawing is a link': async (it) => {
    const page = await it.open('systems/salesforce/index.html');
    const boxes = await page.locator('.drawing rect.box').evaluateAll((all) => all.map((box) => Boolean(box.closest('a')) || !box.closest('.drawing').querySelector('a')));
    assert.ok(boxes.length > 1);
  },
};
