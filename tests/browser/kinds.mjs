// One page of every kind.
//
// In: paths of pages, and their texts. Out: of each kind the page with the most to show. Never knows: which kinds there are; a kind
// that is added is found by itself.

/** `interfaces/x/index.html` and `interfaces/y/index.html` are one kind, `interfaces/x/document/index.html` is another. */
export function kinds(pages, textOf) {
  const found = new Map();
  for (const page of pages) {
    const text = textOf(page);
    // A short link only leads on.
    if (text.includes('http-equiv="refresh"')) continue;
    const kind = kindOf(page, pages);
    const [elements, size] = [elementsOf(text), text.length];
    const best = found.get(kind);
    // What repeats itself proves nothing more, but takes its time.
    if (!best || best.elements < elements || (best.elements === elements && best.size > size)) found.set(kind, { page, elements, size });
  }
  return [...found.values()].map(({ page }) => page).sort();
}

/** How many different elements a page has, told apart by name and class. */
function elementsOf(text) {
  return new Set([...text.matchAll(/<([a-z][a-z0-9]*)(?:[^>]*? class="([^"]*)")?/g)].map(([, name, classes]) => `${name} ${classes}`)).size;
}

const parents = new WeakMap();

/** Names of revisions and of changes from one to another: git's, the same below every document that a commit touched. */
const REVISION = /^[0-9a-f]{10}(\.\.[0-9a-f]{10})?$/;

/** Below a named part of the site a folder with a name that occurs below several others is a part too. */
function kindOf(page, pages) {
  if (!parents.has(pages)) parents.set(pages, parentsOf(pages));
  const parts = page.split('/').slice(0, -1);
  const known = (part, at) => at === 0 || (at > 1 && !REVISION.test(part) && parents.get(pages).get(part).size > 1);
  return parts.map((part, at) => (known(part, at) ? part : '*')).join('/');
}

function parentsOf(pages) {
  const found = new Map();
  for (const page of pages) {
    const parts = page.split('/').slice(0, -1);
    parts.forEach((part, at) => {
      if (!found.has(part)) found.set(part, new Set());
      found.get(part).add(parts.slice(0, at).join('/'));
    });
  }
  return found;
}
