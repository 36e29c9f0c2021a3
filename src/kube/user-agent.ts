/**
 * Who a request is of, for requests that a page's worker makes: browsers take `User-Agent` for their own and drop it of
 * a `Request` (Chromium does; in the Fetch standard it is not forbidden any more).
 */
const ownHeader = 'x-user-agent';

/** The headers by which a client names itself. */
export function namedBy(userAgent: string): Record<string, string> {
  return { 'user-agent': userAgent, [ownHeader]: userAgent };
}

/** Who makes a request, as far as it says. */
export function userAgentOf(headers: Headers): string {
  return headers.get(ownHeader) ?? headers.get('user-agent') ?? '';
}
