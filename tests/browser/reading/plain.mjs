// Without scripts: everything can be read, nothing is promised that does not work.

import assert from 'node:assert/strict';

const INTERFACE = 'interfaces/proc-11vms-srm7-activity-report-v1/index.html';

export default {
  'without scripts every word of a page is there': async (it) => {
    for (const path of ['index.html', 'interfaces/index.html', INTERFACE, 'systems/11vms/index.html', 'landscape/index.html', 'docs/tutorial/index.html']) {
      const words = async (scripts) => {
        const page = await it.open(path, { scripts });
        // Folded parts open without scripts, too.
        await page.locator('details:not([open]) > summary').evaluateAll((all) => all.length);
        return page.locator('main').evaluate((main) => main.textContent.replaceAll(/\s+/g, ' '));
      };
      assert.equal(await words(false), await words(true), path);
    }
  },
  'without scripts no button stands that does nothing': async (it) => {
    for (const path of ['index.html', 'interfaces/index.html', INTERFACE]) {
      const page = await it.open(path, { scripts: false });
      assert.equal(await page.locator('button:visible').count(), 0, path);
      assert.equal(await page.locator('input:visible').count(), 0, path);
    }
  },
  'without scripts the search leads to the list, and folded parts open': async (it) => {
    const page = await it.open(INTERFACE, { scripts: false });
    const folded = page.locator('details:not([open]) > summary').first();
    await folded.click();
    assert.ok(await page.locator('details[open]').count());
    await page.locator('.top [data-find]').click();
    await page.waitForURL(/interfaces\/index\.html$/);
    assert.equal(await page.locator('tr[data-k]:visible').count(), 9);
  },
  'short links lead on without scripts': async (it) => {
    for (const id of ['isint01', 'proc-11vms-srm7-activity-report-v1']) {
      const page = await it.open(`i/${id}/index.html`, { scripts: false });
      await page.waitForURL(/interfaces\/proc-11vms-srm7-activity-report-v1\/index\.html$/);
    }
  },
};
