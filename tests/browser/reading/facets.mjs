// The list of interfaces: what is chosen is an address, and can be taken along.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';

const LIST = 'interfaces/index.html';
const shown = (page) => page.locator('tr[data-k]:visible').count();
const count = (page) => page.locator('[data-count]').innerText();
const choose = (page, facet) => page.locator(`[data-facet="${facet}"]`).click();

/** Presses a button and reads the file that comes of it. */
async function download(page, name) {
  const [file] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name }).click()]);
  return { name: file.suggestedFilename(), text: readFileSync(await file.path(), 'utf8') };
}

export default {
  'an address narrows the list': async (it) => {
    const page = await it.open(`${LIST}?q=payment`);
    assert.equal(await count(page), '2 of 9 interfaces');
    assert.equal(await shown(page), 2);
    assert.equal(await page.locator('[data-filter]').inputValue(), 'payment');
  },
  'facets of one group widen, groups narrow, the back button goes back': async (it) => {
    const page = await it.open(LIST);
    await choose(page, 'domain:sales');
    assert.equal(await count(page), '6 of 9 interfaces');
    await choose(page, 'domain:procurement-data');
    assert.equal(await count(page), '8 of 9 interfaces');
    await choose(page, 'system:11vms');
    assert.equal(await count(page), '2 of 9 interfaces');
    assert.equal(await page.locator('[data-facet="system:11vms"]').getAttribute('aria-current'), 'true');
    const there = page.url();
    await page.goBack();
    assert.equal(await count(page), '8 of 9 interfaces');
    await page.goBack();
    await page.goBack();
    assert.equal(await count(page), '9 interfaces');
    await page.goto(there);
    assert.equal(await count(page), '2 of 9 interfaces', 'the address alone says it');
    await choose(page, 'system:11vms');
    assert.equal(await count(page), '8 of 9 interfaces', 'the same facet again is taken back');
  },
  'every facet promises as many as it shows': async (it) => {
    const page = await it.open(LIST);
    const facets = await page.locator('[data-facet]').evaluateAll((links) => links.map((link) => [link.dataset.facet, Number(link.querySelector('.muted').textContent)]));
    assert.ok(facets.length > 15);
    for (const [facet, promised] of facets) {
      await choose(page, facet);
      assert.equal(await shown(page), promised, facet);
      await choose(page, facet);
    }
  },
  'words filter, and nothing is said to be nothing': async (it) => {
    const page = await it.open(LIST);
    await page.locator('[data-filter]').fill('salesforce payment');
    assert.match(await count(page), /^[12] of 9 interfaces$/);
    assert.match(page.url(), /\?q=salesforce\+payment$/);
    await page.locator('[data-filter]').fill('qwertzuiop');
    assert.equal(await count(page), '0 of 9 interfaces');
    assert.ok(await page.getByText('Nothing fits').isVisible());
    await page.getByRole('link', { name: 'Show all' }).click();
    assert.equal(await count(page), '9 interfaces');
  },
  'the selection is taken along as CSV': async (it) => {
    const page = await it.open(`${LIST}?domain=procurement-data`);
    const file = await download(page, 'CSV of the selection');
    const lines = file.text.trimEnd().split('\r\n');
    assert.equal(file.name, 'selection.csv');
    assert.equal(lines.length, 3, file.text);
    assert.match(lines[0], /^"Interface",/);
    assert.ok(lines.slice(1).every((line) => line.includes('11VMS')), file.text);
  },
  'the selection is taken along as JSON': async (it) => {
    const page = await it.open(`${LIST}?domain=procurement-data`);
    const file = await download(page, 'JSON of the selection');
    const rows = JSON.parse(file.text);
    assert.equal(file.name, 'selection.json');
    const all = JSON.parse(it.text('catalog.json')).interfaces;
    const wanted = all.filter((one) => one.domain === 'Procurement Data').map((one) => one.smart_id);
    assert.deepEqual(rows.map((row) => row.smart_id).sort(), wanted.sort());
    assert.ok(rows.every((row) => row.title && row.source && row.target), file.text);
  },
  'cells of a table of a spreadsheet stay text': async (it) => {
    const page = await it.open(LIST);
    await page.locator('tr[data-k] td').first().evaluate((cell) => { cell.textContent = '=HYPERLINK("x")'; });
    const { text } = await download(page, 'CSV of the selection');
    assert.ok(text.includes(`"'=HYPERLINK(""x"")"`), text);
  },
};
