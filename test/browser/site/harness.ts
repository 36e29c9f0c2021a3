import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import path from 'node:path';
import {
  type Browser,
  type BrowserContext,
  type BrowserContextOptions,
  chromium,
} from 'playwright';
import { afterAll, afterEach, beforeAll, expect } from 'vitest';
import { SandglassError } from '#base/errors.ts';
import { chromiumArguments, findChromium } from '#host/chromium.ts';
import type { TreeEntry } from '#ninep/file-tree.ts';
import { type SiteServer, serveSite } from '#site/server.ts';
import { Visit } from './visit.ts';

export const siteDirectory = path.resolve(import.meta.dirname, '../../../dist');
const reportPath = '/policy-report';

export type Intercept = (request: IncomingMessage, response: ServerResponse) => boolean;

/** For the tests of a file: the built site, below a path of its host. After each test everything went well. */
export function useSite(basePath = '/'): Site {
  const site = new Site();
  beforeAll(() => site.start(basePath));
  afterEach(() => site.endTest());
  afterAll(() => site.close());
  return site;
}

/** The built site, served to a Chromium by a server that a test can look at and break. */
export class Site {
  #browser!: Browser;
  #server!: SiteServer;
  /** Paths with queries, in the order they were asked for. */
  readonly requests: string[] = [];
  /** What Chromium reported of a broken policy, from pages and workers alike. */
  readonly violations: string[] = [];
  /** Answers a request in the site's place, and returns true, for as long as the test wants it. */
  intercept: Intercept | undefined;
  readonly #contexts = new Set<BrowserContext>();
  readonly #visits: Visit[] = [];

  async start(basePath: string): Promise<void> {
    if (!existsSync(path.join(siteDirectory, 'index.html'))) {
      throw new SandglassError(
        'failed-precondition',
        'The site is not built: run "npm run build" before these tests.',
      );
    }
    this.#browser = await chromium.launch({
      executablePath: findChromium(),
      args: chromiumArguments,
    });
    this.#server = await serveSite({
      directory: siteDirectory,
      port: 0,
      basePath,
      intercept: (request, response) => this.#onRequest(request, response),
    });
  }

  get url(): string {
    return this.#server.url;
  }

  /** A browser profile of its own: nothing cached, nothing stored. */
  async newContext(options: BrowserContextOptions = {}): Promise<BrowserContext> {
    const context = await this.#browser.newContext({
      viewport: { width: 1000, height: 700 },
      permissions: ['clipboard-read', 'clipboard-write'],
      ...options,
    });
    this.#contexts.add(context);
    return context;
  }

  /** Opens the page in a profile of its own, or in one that another visit has. */
  async open({
    context,
    path = 'playground/',
    query = '',
    waitUntil = 'load',
    ...options
  }: OpenOptions = {}): Promise<Visit> {
    const page = await (context ?? (await this.newContext(options))).newPage();
    const visit = await Visit.begin(page, this.url);
    this.#visits.push(visit);
    await page.goto(`${this.url}${path}?test${query}`, { waitUntil });
    return visit;
  }

  /** Opens the page and waits for its first prompt. */
  async openShell(options: OpenOptions = {}): Promise<Visit> {
    const visit = await this.open(options);
    await visit.prompts();
    return visit;
  }

  /** Requests for the guest's files since `from`, without their digests. */
  guestRequests(from = 0): string[] {
    return this.requests
      .slice(from)
      .map((request) => request.split('?')[0] ?? '')
      .filter((request) => request.includes('/guest/'))
      .map((request) => request.slice(request.indexOf('/guest/') + '/guest/'.length));
  }

  /**
   * After each test: closes its pages, forgets its requests, and fails if the policy was broken or a browser complained
   * in a visit of which the test has not said what it provoked.
   */
  async endTest(): Promise<void> {
    for (const context of this.#contexts) await context.close();
    this.#contexts.clear();
    const visits = this.#visits.splice(0);
    const violations = this.violations.splice(0);
    this.requests.length = 0;
    this.intercept = undefined;
    expect(violations).toEqual([]);
    for (const visit of visits) if (!visit.judged) visit.wentWell();
  }

  async close(): Promise<void> {
    await this.#browser.close();
    await this.#server.close();
  }

  #onRequest(request: IncomingMessage, response: ServerResponse): boolean {
    const url = request.url ?? '/';
    if (url === reportPath) {
      void readBody(request).then((body) => this.violations.push(body));
      response.writeHead(204).end();
      return true;
    }
    this.requests.push(url);
    sendReports(response);
    return this.intercept?.(request, response) ?? false;
  }
}

export interface OpenOptions extends BrowserContextOptions {
  context?: BrowserContext;
  /** Of the page, below the site's root; the playground without one. */
  path?: string;
  /** What follows `?test` in the address. */
  query?: string;
  /** `commit` where the test keeps a part of the page away. */
  waitUntil?: 'load' | 'commit';
}

/** A violation in a worker's first moments is over before a test can listen there; a report always comes. */
function sendReports(response: ServerResponse): void {
  const setHeader = response.setHeader.bind(response);
  response.setHeader = (name, value) =>
    setHeader(
      name,
      name === 'Content-Security-Policy' ? `${String(value)}; report-uri ${reportPath}` : value,
    );
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}

/** Where the site has a file of the guest's archive, by its path there. */
export async function archiveFile(name: string): Promise<string> {
  let entry = JSON.parse((await siteFile('guest/archive.json')).toString()) as TreeEntry;
  for (const part of name.split('/')) {
    const found = entry.type === 'directory' ? entry.entries[part] : undefined;
    if (!found) throw new Error(`The archive has no ${name}.`);
    entry = found;
  }
  if (entry.type !== 'file') throw new Error(`${name} is no file.`);
  return `files/${entry.sha256}`;
}

/** Bytes of the built site's file. */
export function siteFile(name: string): Promise<Buffer> {
  return readFile(path.join(siteDirectory, name));
}
