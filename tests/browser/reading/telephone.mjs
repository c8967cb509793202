// On a telephone: a menu that can be used, tables that can be read.

import assert from 'node:assert/strict';

const PHONE = { width: 390, height: 844 };

export default {
  'on a telephone every part of the site is two taps away': async (it) => {
    const page = await it.open('interfaces/proc-11vms-srm7-activity-report-v1/index.html', PHONE);
    for (const name of ['Systems', 'Landscape', 'Changes', 'Health', 'Manual', 'Interfaces']) {
      const link = page.locator('.top nav').getByRole('link', { name });
      const box = await link.boundingBox();
      assert.ok(box.height >= 24, `${name} is ${box.height} px high`);
      assert.ok(box.x >= 0 && box.x + box.width <= PHONE.width, `${name} is seen without scrolling`);
      await link.click();
      await page.waitForURL(new RegExp(`/${name === 'Manual' ? 'docs' : name.toLowerCase()}/index\\.html$`));
    }
  },
  'on a telephone name, search and theme share a line': async (it) => {
    const page = await it.open('index.html', PHONE);
    const tops = await page.locator('.brand, .top [data-find], .theme').evaluateAll((all) => all.map((one) => {
      const { top, height } = one.getBoundingClientRect();
      return Math.round(top + height / 2);
    }));
    assert.ok(Math.max(...tops) - Math.min(...tops) <= 2, `their middles stand at ${tops}`);
  },
  'on a telephone the search fits and finds': async (it) => {
    const page = await it.open('index.html', PHONE);
    await page.locator('.top [data-find]').click();
    await page.locator('dialog input').fill('ISINT01');
    await page.locator('#hits a').first().waitFor();
    const box = await page.locator('dialog').boundingBox();
    assert.ok(box.x >= 0 && box.x + box.width <= PHONE.width && box.y + box.height <= PHONE.height, JSON.stringify(box));
    await page.locator('#hits a').first().click();
    await page.waitForURL(/interfaces\/proc-11vms/);
  },
  'on a telephone facets are folded, and open': async (it) => {
    const page = await it.open('interfaces/index.html', PHONE);
    assert.equal(await page.locator('.facets details[open]').count(), 0);
    await page.locator('.facets summary', { hasText: 'Domain' }).click();
    await page.locator('[data-facet="domain:sales"]').click();
    assert.equal(await page.locator('tr[data-k]:visible').count(), 6);
  },
  'what has to be hit has 24 px': async (it) => {
    for (const path of ['index.html', 'interfaces/index.html', 'systems/11vms/index.html']) {
      const page = await it.open(path, PHONE);
      const small = await page.locator('button:visible, .top a:visible, .facets summary:visible, .hits a').evaluateAll((all) =>
        all.filter((one) => !one.matches('.skip')).map((one) => [one.textContent, one.getBoundingClientRect()]).filter(([, box]) => box.height < 24 || box.width < 24).map(([text]) => text));
      assert.deepEqual(small, [], path);
    }
  },
};
