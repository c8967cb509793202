// The theme: the system's, until somebody chooses.

import assert from 'node:assert/strict';

const paper = (page) => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
const LIGHT = 'rgb(252, 252, 250)';
const DARK = 'rgb(17, 20, 23)';

export default {
  'the theme follows the system, also without scripts': async (it) => {
    for (const [theme, colour] of [['light', LIGHT], ['dark', DARK]]) {
      assert.equal(await paper(await it.open('index.html', { theme })), colour);
      assert.equal(await paper(await it.open('index.html', { theme, scripts: false })), colour);
    }
  },
  'a chosen theme is kept on every page, and before anything is drawn': async (it) => {
    for (const from of ['file', 'web']) {
      const page = await it.open('index.html', { from });
      const button = page.getByRole('button', { name: 'Switch between light and dark' });
      await button.click();
      assert.equal(await paper(page), DARK);
      await page.goto(`${it.site()[from]}systems/11vms/index.html`, { waitUntil: 'commit' });
      await page.locator('body').waitFor();
      assert.equal(await paper(page), DARK, from);
      await button.click();
      await page.reload();
      assert.equal(await paper(page), LIGHT, 'and back');
    }
  },
};
