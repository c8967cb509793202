// Pages as the running system serves them. The cases play in their order: the last ones decide about the dead letter.

import assert from 'node:assert/strict';

import { tooWide, violations } from '../judge.mjs';

const PATIENCE = { timeout: 60_000 };
const at = (it, path, options) => it.open(path, { base: it.given.base, ...options });
const story = (it) => `operate/index.html?message=${it.given.dead}`;

/** Whatever the service has told stands on the page. */
const told = {
  panel: (page) => page.locator('#live .figures').waitFor(PATIENCE),
  list: (page) => page.locator('table.list').waitFor(PATIENCE),
  facts: (page) => page.locator('table.facts').first().waitFor(PATIENCE),
  overview: (page) => page.locator('[data-operate] section').first().waitFor(PATIENCE),
};

const judged = (path, wait) => async (it) => {
  const page = await at(it, path(it));
  await told[wait](page);
  assert.deepEqual(await violations(page, it.axe), []);
  await page.setViewportSize({ width: 390, height: 844 });
  assert.deepEqual(await tooWide(page), [], 'on a telephone');
};

export default {
  'an interface page shows what runs': async (it) => {
    const page = await at(it, it.given.page);
    await told.panel(page);
    const text = await page.locator('#live').innerText();
    for (const says of ['runs what this page says', 'Dead letters\n1', 'somebody has to decide', 'calls pass', 'since the start']) assert.ok(text.includes(says), `${says}:\n${text}`);
  },
  'dead letters are listed with their reason': async (it) => {
    const page = await at(it, 'operate/index.html?view=dead');
    await told.list(page);
    const text = await page.locator('table.list').innerText();
    assert.ok(text.includes(it.given.dead) && text.includes('PERMANENT'), text);
  },
  'without the key a story is told, and nothing can be decided': async (it) => {
    const page = await at(it, story(it));
    await told.facts(page);
    const text = await page.locator('main').innerText();
    assert.ok(text.includes('DEAD') && text.includes('400'), text);
    assert.equal(await page.locator('main button').count(), 0);
  },
  'everybody can read the page of an interface that runs': judged((it) => it.given.page, 'panel'),
  'everybody can read the overview of what runs': judged(() => 'operate/index.html', 'overview'),
  'everybody can read the dead letters': judged(() => 'operate/index.html?view=dead', 'list'),
  'everybody can read the story of a message, and decide': async (it) => {
    const page = await at(it, `${story(it)}#key=${it.given.key}`);
    await told.facts(page);
    assert.deepEqual(await violations(page, it.axe), []);
    await page.getByRole('button', { name: 'Replay', exact: true }).first().click();
    await page.locator('dialog .would').waitFor(PATIENCE);
    assert.deepEqual(await violations(page, it.axe), [], 'with the question open');
    await page.keyboard.press('Escape');
    assert.equal(await page.locator('dialog.decide').count(), 0, 'Escape decides nothing');
  },
  'a dead letter is replayed after a dry run and a reason, and open pages follow': async (it) => {
    const panel = await at(it, it.given.page);
    await told.panel(panel);
    const page = await at(it, `${story(it)}#key=${it.given.key}`);
    await page.getByRole('button', { name: 'Replay', exact: true }).first().click();
    assert.match(await page.locator('dialog .would').innerText(PATIENCE), /Dry run/);
    await page.locator('dialog .act.main').click();
    assert.match(await page.locator('dialog .problem').innerText(), /Say why/);
    await page.locator('#why').fill('the order is there now');
    await page.locator('dialog .act.main').click();
    const notice = page.locator('.notice', { hasText: 'replayed' });
    await notice.waitFor(PATIENCE);
    assert.ok(!page.url().includes('key'), 'the key does not stay in the address');
    const replayed = (await notice.innerText()).split(' ').pop();
    const after = await at(it, `operate/index.html?message=${replayed}`);
    await after.locator('main', { hasText: 'DELIVERED' }).waitFor(PATIENCE);
    await panel.locator('#live .figures div', { hasText: /Dead letters\s*0/ }).waitFor(PATIENCE);
  },
};
