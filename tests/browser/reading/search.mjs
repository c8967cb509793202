// Search: by whatever somebody remembers of an interface.

import assert from 'node:assert/strict';

import { ask, hits } from '../search.mjs';

const REPORT = '../interfaces/proc-11vms-srm7-activity-report-v1/index.html';

/** The first that is found for these words is this. */
const first = (words, href) => async (it) => {
  const page = await it.open('systems/index.html');
  await ask(page, words);
  assert.equal((await hits(page))[0], href);
};

export default {
  'search by Smart ID': first('PROC-11VMS-SRM7-ACTIVITY-REPORT-V1', REPORT),
  'search by part of a Smart ID': first('activity-rep', REPORT),
  'search by legacy ID': first('ISINT01', REPORT),
  'search by words of a title': first('report to goods receipt', REPORT),
  'search by a business object': first('goods receipt', '../objects/goods-receipt/index.html'),
  'search by system': first('11vms', '../systems/11vms/index.html'),
  'search by a system of two words': first('sap ecc', '../systems/sap-ecc/index.html'),
  'search by field': first('workUnitNumber', '../fields/workunitnumber/index.html'),
  'search by diagnostic code': first('w-dlq', '../codes/w-dlq/index.html'),
  'search below a path of a server': async (it) => {
    const page = await it.open('index.html', { from: 'web' });
    await ask(page, 'ISINT01');
    assert.equal((await hits(page))[0], REPORT.slice(3));
  },
  'search finds who carries a field': async (it) => {
    const page = await it.open('systems/index.html');
    await ask(page, 'workUnitNumber');
    assert.ok((await hits(page)).includes(REPORT));
  },
  'search finds a word of the prose, and says where': async (it) => {
    const page = await it.open('systems/index.html');
    await ask(page, 'ignored working days');
    assert.ok((await hits(page)).includes(REPORT), await page.locator('dialog').innerText());
    assert.match(await page.locator(`#hits a[href="${REPORT}"]`).innerText(), /in its text: /);
  },
  'search finds nothing where there is nothing': async (it) => {
    const page = await it.open('systems/index.html');
    await ask(page, 'qwertzuiop');
    assert.deepEqual(await hits(page), []);
    assert.match(await page.locator('dialog .state').innerText(), /^0 found/);
  },
  'search survives words that are no words': async (it) => {
    const page = await it.open('systems/index.html');
    for (const words of ['(', '\\', '<b>', '__proto__', 'constructor', '%00', '"\'', '🚚', 'ü', '..', 'a'.repeat(500)]) await ask(page, words);
  },
};
