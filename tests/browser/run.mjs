// Plays the cases of a suite in one browser.
//
// In: a request (JSON, see `tests/src/browser.rs`). Out: a line a case; for a failed one the reason and its screenshots; exit
// code 1 if any failed or none ran. Never knows: what a case proves.

import { mkdirSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

import { Reader } from './reader.mjs';
import { serve } from './web.mjs';

/** A case that takes longer hangs, however much else the machine has to do. */
const PATIENCE = 300_000;

const request = JSON.parse(readFileSync(process.argv[2], 'utf8'));
const { chromium } = createRequire(import.meta.url)(request.playwright);

/** Every case of the suite's files whose name has the words that were asked for. A file tells its cases, or how to find them. */
async function cases(browser, sites) {
  const folder = join(request.cases, request.suite);
  const files = readdirSync(folder).filter((name) => name.endsWith('.mjs')).sort();
  const modules = await Promise.all(files.map((name) => import(pathToFileURL(join(folder, name)))));
  const told = (it) => (typeof it === 'function' ? it(new Reader(browser, sites, request)) : it);
  const all = modules.flatMap((module) => Object.entries(told(module.default)));
  return all.filter(([name]) => name.includes(request.only));
}

async function play(browser, sites, [name, act]) {
  const start = performance.now();
  const reader = new Reader(browser, sites, request);
  let failed;
  try {
    let timer;
    const late = new Promise((_, reject) => { timer = setTimeout(() => reject(new Error(`not done after ${PATIENCE} ms`)), PATIENCE); });
    await Promise.race([act(reader), late]).finally(() => clearTimeout(timer));
    const heard = reader.heard();
    if (heard.length) failed = `pages did what they must not:\n${heard.join('\n')}`;
  } catch (error) {
    failed = [error.stack ?? String(error), ...reader.heard()].join('\n');
  }
  const shots = failed ? await reader.shots(join(request.shots, name.replaceAll(/[^a-z0-9]+/gi, '-'))) : [];
  await reader.close();
  const took = Math.round(performance.now() - start);
  console.log(`${failed ? 'FAILED' : 'ok    '} ${String(took).padStart(6)} ms  ${name}`);
  reader.figures.forEach((line) => console.log(`                  ${line}`));
  if (failed) console.log([...failed.split('\n'), ...shots.map((path) => `screenshot: ${path}`)].map((line) => `    ${line}`).join('\n'));
  return !failed;
}

/** Cases are taken from one queue by as many as may play at a time. */
async function main() {
  rmSync(request.shots, { recursive: true, force: true });
  mkdirSync(request.shots, { recursive: true });
  const sites = await serve(request.sites);
  // Containers have no user namespaces for the sandbox; the pages are our own. No name leads anywhere.
  const args = ['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage', '--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1'];
  const browser = await chromium.launch({ executablePath: request.chromium, args });
  const found = await cases(browser, sites);
  if (!found.length) throw new Error(`no case of ${request.suite} has ${JSON.stringify(request.only)} in its name`);
  const queue = [...found];
  const failed = [];
  const player = async () => {
    for (let next = queue.shift(); next; next = queue.shift()) if (!(await play(browser, sites, next))) failed.push(next);
  };
  await Promise.all(Array.from({ length: request.atATime }, player));
  await browser.close();
  console.log(`${request.suite}: ${found.length} cases, ${failed.length} failed, ${(performance.now() / 1000).toFixed(1)} s`);
  process.exit(failed.length ? 1 : 0);
}

main().catch((error) => {
  console.log(error.stack);
  process.exit(1);
});
