// The search of a page, as a reader uses it.
//
// In: an open page and words. Out: what was found. Never knows: what should be found.

/** Opens the search if it is closed, types, and waits until it has answered. */
export async function ask(page, words) {
  const input = page.locator('dialog input');
  if (!(await page.locator('dialog[open]').count())) await page.keyboard.press('/');
  await input.waitFor();
  const answered = page.evaluate(() => new Promise((done) => {
    const state = document.querySelector('dialog .state');
    const see = () => state.textContent.includes(' found') && (observer.disconnect(), done());
    const observer = new MutationObserver(see);
    observer.observe(state, { childList: true, characterData: true, subtree: true });
  }));
  await input.fill(words);
  await answered;
}

/** Where the results lead, in their order. */
export function hits(page) {
  return page.locator('#hits a').evaluateAll((links) => links.map((link) => link.getAttribute('href')));
}
