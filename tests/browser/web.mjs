// Folders over HTTP, below a path of two parts, as many hosts have them.
//
// In: folders by name. Out: for each where its pages are, from the disk and from the web. Never knows: what is in them.

import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { extname, join, normalize } from 'node:path';
import { pathToFileURL } from 'node:url';

const KINDS = {
  '.html': 'text/html; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.json': 'application/json',
};

/** Ends with the process. */
export async function serve(folders) {
  const sites = {};
  for (const [name, folder] of Object.entries(folders)) {
    const below = `/intranet/${name}/`;
    const server = createServer(async (asked, answer) => {
      const path = decodeURIComponent(new URL(asked.url, 'http://any').pathname);
      const file = path.startsWith(below) && normalize(join(folder, path.slice(below.length)));
      const bytes = file && file.startsWith(folder) ? await readFile(file).catch(() => null) : null;
      answer.writeHead(bytes ? 200 : 404, { 'content-type': KINDS[extname(path)] ?? 'text/plain; charset=utf-8' });
      answer.end(bytes ?? 'nothing here\n');
    });
    await new Promise((done) => { server.listen(0, '127.0.0.1', done); });
    sites[name] = { folder, file: `${pathToFileURL(folder)}/`, web: `http://127.0.0.1:${server.address().port}${below}` };
  }
  return sites;
}
