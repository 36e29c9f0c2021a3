import type { Clock } from '#base/clock.ts';
import type { FetchHandler } from '#kube/streaming/upgrade.ts';
import { quote } from '#kube/go-text.ts';
import type { TextOutput } from '#cli/text/io.ts';
import { klogLine } from '#cli/text/klog.ts';

export interface ObservedFetch {
  fetch: FetchHandler;
  /** How many different warnings the server gave. */
  warnings: () => number;
}

/** A fetch that tells the user what the server warns of, and from level 6 on what is asked. */
export function observedFetch(
  fetch: FetchHandler,
  { errors, clock, level }: { errors: TextOutput; clock: Clock; level: number },
): ObservedFetch {
  const told = new Set<string>();
  return {
    warnings: () => told.size,
    fetch: async (request) => {
      const started = clock.now();
      const response = await fetch(request);
      if (level >= 6) await errors.write(requestLine(request, response, started, clock));
      for (const text of warningsOf(response.headers)) {
        if (told.has(text)) continue;
        told.add(text);
        await errors.line(`Warning: ${text}`);
      }
      return response;
    },
  };
}

function requestLine(request: Request, response: Response, started: number, clock: Clock): string {
  const facts = [
    `verb=${quote(request.method)}`,
    `url=${quote(request.url)}`,
    `status=${quote(`${response.status} ${response.statusText}`.trim())}`,
    `milliseconds=${Math.round(clock.now() - started)}`,
  ];
  return klogLine(clock, 'I', 'round_trippers.go:632', `"Response" ${facts.join(' ')}`);
}

/** `299 - "text"`, several of them with commas (RFC 7234, 5.5). */
function warningsOf(headers: Headers): string[] {
  const header = headers.get('warning') ?? '';
  return [...header.matchAll(/\d{3} \S+ "((?:[^"\\]|\\.)*)"/g)].map(([, text = '']) =>
    text.replaceAll(/\\(.)/g, '$1'),
  );
}
