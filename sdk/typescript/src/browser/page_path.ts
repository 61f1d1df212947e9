/** The path of the page, with the hash where that is a route. */
export function pagePath(): string {
  return location.pathname + (location.hash.startsWith('#/') ? location.hash : '');
}
