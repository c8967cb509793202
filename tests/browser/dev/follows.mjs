// A page of `tieline dev` while its document is being written.

import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';

/** Milliseconds from a saved document to the new page. Of a program of the dev profile on a busy machine; released ones take less. */
const SOON = 10_000;

/** Saves a document as an editor would, and tells how long the open page takes to show what it should. */
async function save(it, text, shown) {
  const start = performance.now();
  writeFileSync(it.given.document, text);
  await shown();
  const took = performance.now() - start;
  it.figures.push(`${took.toFixed(0)} ms from the saved document to the page`);
  assert.ok(took <= SOON, `${took.toFixed(0)} ms`);
}

export default {
  'an open page follows its document, and says what is wrong with it': async (it) => {
    const page = await it.open(it.given.page, { base: it.given.base });
    const text = readFileSync(it.given.document, 'utf8');
    const title = text.match(/^title: (.*)$/m)[1];
    const heading = (name) => page.getByRole('heading', { level: 1, name, exact: true }).waitFor();
    await heading(title);
    const box = page.locator('details.dev');
    for (const name of ['Paid and told', 'Paid, and told at once', 'Told']) {
      await save(it, text.replace(title, name), () => heading(name));
    }
    await save(it, text.replace(/^title:/m, 'tittle:'), () => box.getByText('E-UNKNOWN').first().waitFor());
    assert.match(await box.locator('summary').innerText(), /this page is of before/);
    assert.match(await box.innerText(), /tittle[\s\S]*SALES-SF-ERP-PAYMENT-STATUS-V1\.md:\d+|SALES-ERP-SF-PAYMENT-STATUS/);
    await heading('Told');
    await save(it, text, () => heading(title));
  },
};
