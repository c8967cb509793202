// On paper: everything open, no navigation, nothing cut off.

import assert from 'node:assert/strict';

/** What a sheet of A4 has between its margins, at 96 px an inch. */
const SHEET = 718;

const pages = ['interfaces/proc-11vms-srm7-activity-report-v1/index.html', 'interfaces/index.html', 'systems/salesforce/index.html', 'landscape/index.html', 'docs/language/index.html'];

const judge = (page) => page.evaluate(() => {
  const seen = (it) => it.checkVisibility() && it.getBoundingClientRect().height > 0;
  const wide = [...document.querySelectorAll('main *')].filter((it) => it.getBoundingClientRect().right > innerWidth + 1 && !it.closest('svg > *'));
  const name = (it) => `${it.tagName.toLowerCase()}.${it.getAttribute('class') ?? ''} ${it.textContent.slice(0, 40)}`;
  return {
    folded: [...document.querySelectorAll('details')].filter((it) => !it.open).length,
    navigation: [...document.querySelectorAll('nav, .top, button, input, .skip')].filter(seen).map(name),
    wide: wide.slice(0, 5).map(name),
    paper: getComputedStyle(document.body).backgroundColor,
    ink: getComputedStyle(document.body).color,
  };
});

export default Object.fromEntries(pages.map((path) => [`on paper: ${path}`, async (it) => {
  // Who reads in the dark prints on white all the same.
  const page = await it.open(path, { width: SHEET, height: 1000, theme: 'dark' });
  await page.getByRole('button', { name: 'Switch between light and dark' }).click();
  await page.getByRole('button', { name: 'Switch between light and dark' }).click();
  // A real print asks the page to open what is folded.
  const pdf = await page.pdf({ format: 'A4' });
  assert.ok(pdf.length > 10_000 && pdf.subarray(0, 5).toString() === '%PDF-', 'a document came out');
  await page.emulateMedia({ media: 'print' });
  assert.deepEqual(await judge(page), { folded: 0, navigation: [], wide: [], paper: 'rgb(255, 255, 255)', ink: 'rgb(22, 25, 28)' });
}]));
