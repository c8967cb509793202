// Somebody with a browser, who hears everything that pages must not do.
//
// In: a browser and sites. Out: open pages, and what was heard on them: words in the console, errors of scripts, breaches of the
// policy, requests to anywhere but the site, answers that are no good. Never knows: what a page should say.

import { readFileSync, readdirSync } from 'node:fs';
import { join, relative } from 'node:path';

/** How a page is opened unless a case says otherwise. */
const USUAL = { site: 'site', from: 'file', width: 1280, height: 800, theme: 'light', scripts: true, media: 'screen' };

/** How long a page may take to become what a case waits for. */
const PATIENCE = 20_000;

export class Reader {
  #browser;
  #sites;
  #contexts = [];
  #heard = [];

  constructor(browser, sites, { given = {}, axe }) {
    this.#browser = browser;
    this.#sites = sites;
    this.given = given;
    this.axe = axe;
    /** What was measured: printed beside the case. */
    this.figures = [];
  }

  /** Opens a page of a site, or any address, in a window that remembers nothing of others. */
  async open(path, options = {}) {
    const how = { ...USUAL, ...options };
    const base = how.base ?? this.#sites[how.site][how.from];
    const context = await this.#browser.newContext({
      viewport: { width: how.width, height: how.height },
      colorScheme: how.theme,
      javaScriptEnabled: how.scripts,
      reducedMotion: 'reduce',
    });
    context.setDefaultTimeout(PATIENCE);
    this.#contexts.push(context);
    this.#listen(context, base);
    const page = await context.newPage();
    if (how.media !== 'screen') await page.emulateMedia({ media: how.media });
    await page.goto(base + path);
    return page;
  }

  #listen(context, base) {
    const hear = (page, what) => this.#heard.push(`${page}: ${what}`);
    const where = (it) => it?.url().replace(base, '') ?? 'a page';
    context.on('console', (word) => hear(where(word.page()), `${word.type()}: ${word.text()}`));
    context.on('weberror', (error) => hear(where(error.page()), `${error.error()}`));
    context.on('dialog', (dialog) => {
      hear(where(dialog.page()), `a dialog: ${dialog.message()}`);
      return dialog.dismiss();
    });
    context.on('request', (asked) => {
      const own = [base, 'blob:', 'data:'].some((start) => asked.url().startsWith(start));
      if (!own) hear('some page', `asks ${asked.url()}`);
    });
    context.on('response', (answer) => {
      if (answer.status() >= 400) hear('some page', `${answer.status()} for ${answer.url()}`);
    });
    context.on('requestfailed', (asked) => {
      const why = asked.failure()?.errorText;
      // Whoever leaves a page ends what it still waits for.
      if (why !== 'net::ERR_ABORTED') hear('some page', `${why} for ${asked.url()}`);
    });
  }

  /** What was heard so far; heard once. */
  heard() {
    return this.#heard.splice(0);
  }

  /** Where a site is. */
  site(name = USUAL.site) {
    return this.#sites[name];
  }

  /** Every page of a site. */
  pages(name = USUAL.site) {
    const { folder } = this.#sites[name];
    const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
    return entries.filter((it) => it.isFile() && it.name.endsWith('.html')).map((it) => relative(folder, join(it.parentPath, it.name))).sort();
  }

  /** Text of a file of a site. */
  text(path, name = USUAL.site) {
    return readFileSync(join(this.#sites[name].folder, path), 'utf8');
  }

  /** Pictures of every open page. */
  async shots(path) {
    const pages = this.#contexts.flatMap((context) => context.pages());
    return Promise.all(pages.map(async (page, at) => {
      const file = `${path}-${at + 1}.png`;
      const taken = await page.screenshot({ path: file, timeout: 10_000 }).then(() => true, () => false);
      return taken ? `${file} (${page.url()})` : `none of ${page.url()}`;
    }));
  }

  async close() {
    await Promise.all(this.#contexts.map((context) => context.close()));
  }
}
