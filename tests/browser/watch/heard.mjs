// Pages that misbehave, each in one way: what the reader hears of them.

import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { tooWide, violations } from '../judge.mjs';
import { kinds } from '../kinds.mjs';

const POLICY = '<meta http-equiv="Content-Security-Policy" content="default-src \'none\'; script-src \'self\'; img-src *">';
const html = (head, body = '') => `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>t</title><link rel="icon" href="data:,">${head}</head><body><main><h1>t</h1>${body}</main></body></html>`;

/** Names of files for what is said: cases play side by side. */
const named = (says) => says.source.replaceAll(/\W/g, '');

/** A page of this text, with this script, is heard so. */
const heard = (text, says, script = '') => async (it) => {
  const name = named(says);
  writeFileSync(join(it.site().folder, `${name}.html`), text.replace('script.js', `${name}.js`));
  writeFileSync(join(it.site().folder, `${name}.js`), script);
  const page = await it.open(`${name}.html`, { from: 'web' });
  await page.waitForTimeout(300);
  assert.match(it.heard().join('\n'), says);
};

const judged = (text, judge, says) => async (it) => {
  const name = `${named(says)}.html`;
  writeFileSync(join(it.site().folder, name), text);
  const page = await it.open(name);
  assert.match((await judge(page, it.axe)).join('\n'), says);
};

export default {
  'a script in the page breaks the policy': heard(html(POLICY, '<script>document.title = 1</script>'), /Content Security Policy/),
  'a style in the page breaks the policy': heard(html(POLICY, '<p style="color: red">red</p>'), /violates the following Content Security/),
  'an error of a script': heard(html('<script src="script.js"></script>'), /never was/, 'throw new Error("never was")'),
  'a word in the console': heard(html('<script src="script.js"></script>'), /debugging/, 'console.log("debugging")'),
  'a dialog': heard(html('<script src="script.js"></script>'), /a dialog: hello/, 'alert("hello")'),
  'a request to somebody else': heard(html(POLICY, '<img src="http://example.org/pixel.png" alt="">'), /asks http:\/\/example\.org/),
  'a file that is not there': heard(html('<link rel="stylesheet" href="lost.css">'), /404 for .*lost\.css/),
  'too little contrast': judged(html('', '<p style="color: #bbb; background: #fff">pale</p>'), violations, /light: color-contrast/),
  'a button without a name': judged(html('', '<button></button>'), violations, /button-name/),
  'a table that is wider than the window': judged(html('', '<table style="width: 3000px"><tr><td>wide</td></tr></table>'), tooWide, /3\d\d\d px in 1280\ntable/),
  'pages of one kind are told from others': async () => {
    const pages = ['index.html', 'a/index.html', 'a/x/index.html', 'a/y/index.html', 'a/x/document/index.html', 'a/y/document/index.html', 'i/x/index.html'];
    const text = (page) => (page.startsWith('i/') ? '<meta http-equiv="refresh">' : `<p>${'<b class="rich">'.repeat(page.includes('y') ? 1 : 0)}`);
    assert.deepEqual(kinds(pages, text), ['a/index.html', 'a/y/document/index.html', 'a/y/index.html', 'index.html']);
  },
};
