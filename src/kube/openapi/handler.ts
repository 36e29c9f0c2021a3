import { sha256Hex } from '#base/digest.ts';
import { openApiDocuments, swaggerDocument, type Document } from './documents.ts';
import { encodeSwagger } from './gnostic.ts';

const swaggerProtobuf = 'application/com.github.proto-openapi.spec.v2.v1.0+protobuf';
/** What client-go has asked for since 1.10. */
const swaggerProtobufOld = 'application/com.github.proto-openapi.spec.v2@v1.0+protobuf';

interface Rendered {
  bytes: Uint8Array<ArrayBuffer>;
  etag: string;
}

/**
 * Serves `/openapi/v2` and `/openapi/v3…` (kube-openapi, pkg/handler and pkg/handler3). The documents
 * and their texts are made when first asked for: most sessions never do.
 */
export class OpenApiHandler {
  #swagger: Promise<Document> | undefined;
  #documents: Promise<Map<string, Document>> | undefined;
  readonly #rendered = new Map<string, Promise<Rendered>>();

  /** Answers 404 for any other path. */
  async fetch(request: Request): Promise<Response> {
    const url = new URL(request.url);
    if (url.pathname === '/openapi/v2') return this.#serveSwagger(request);
    if (url.pathname === '/openapi/v3') return this.#serveIndex(request);
    const path = url.pathname.replace(/^\/openapi\/v3\//, '');
    return this.#serveDocument(request, url, path);
  }

  async #serveSwagger(request: Request): Promise<Response> {
    const accepted = negotiate(request, ['application/json', swaggerProtobufOld, swaggerProtobuf]);
    if (accepted === undefined) return notAcceptable();
    const isJson = accepted === 'application/json';
    const rendered = await this.#render(isJson ? 'v2 json' : 'v2 protobuf', async () => {
      const document = await this.#swaggerDocument();
      return isJson ? json(document) : encodeSwagger(document);
    });
    return answer(request, rendered, isJson ? accepted : swaggerProtobuf);
  }

  async #serveIndex(request: Request): Promise<Response> {
    const rendered = await this.#render('v3', async () => {
      const paths: Record<string, unknown> = {};
      for (const path of (await this.#openApiDocuments()).keys()) {
        const { etag } = await this.#renderDocument(path);
        paths[path] = { serverRelativeURL: `/openapi/v3/${path}?hash=${etag}` };
      }
      return json({ paths });
    });
    return answer(request, rendered, 'application/json');
  }

  async #serveDocument(request: Request, url: URL, path: string): Promise<Response> {
    if (!(await this.#openApiDocuments()).has(path)) {
      return new Response('404 page not found\n', { status: 404 });
    }
    if (negotiate(request, ['application/json']) === undefined) return notAcceptable();
    const rendered = await this.#renderDocument(path);
    const hash = url.searchParams.get('hash');
    if (hash !== null && hash !== rendered.etag) {
      const location = `/openapi/v3/${path}?hash=${rendered.etag}`;
      return new Response(null, { status: 301, headers: { location } });
    }
    const caching: Record<string, string> =
      hash === null ? {} : { 'cache-control': 'public, immutable' };
    return answer(request, rendered, 'application/json', caching);
  }

  #renderDocument(path: string): Promise<Rendered> {
    return this.#render(path, async () => json((await this.#openApiDocuments()).get(path) ?? {}));
  }

  #swaggerDocument(): Promise<Document> {
    this.#swagger ??= descriptions().then(swaggerDocument);
    return this.#swagger;
  }

  #openApiDocuments(): Promise<Map<string, Document>> {
    this.#documents ??= descriptions().then(openApiDocuments);
    return this.#documents;
  }

  #render(name: string, make: () => Promise<Uint8Array<ArrayBuffer>>): Promise<Rendered> {
    let rendered = this.#rendered.get(name);
    if (!rendered) {
      rendered = make().then(async (bytes) => ({
        bytes,
        etag: (await sha256Hex(bytes)).toUpperCase(),
      }));
      this.#rendered.set(name, rendered);
    }
    return rendered;
  }
}

/** A chunk of its own in the page: 190 kB that only explain and apply need. */
async function descriptions() {
  const module = await import('#kube/schema/descriptions.json', { with: { type: 'json' } });
  return module.default as unknown as Readonly<Record<string, Readonly<Record<string, string>>>>;
}

function json(document: unknown): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(JSON.stringify(document));
}

/** The first that the client takes, in the client's order; quality values are in no client's header here. */
function negotiate(request: Request, offered: readonly string[]): string | undefined {
  const header = request.headers.get('accept') ?? '';
  const wanted = (header === '' ? '*/*' : header)
    .split(',')
    .map((part) => part.split(';')[0]?.trim() ?? '');
  for (const type of wanted) {
    if (type === '*/*' || type === 'application/*') return offered[0];
    if (offered.includes(type)) return type;
  }
  return undefined;
}

function answer(
  request: Request,
  { bytes, etag }: Rendered,
  contentType: string,
  more: Readonly<Record<string, string>> = {},
): Response {
  const quoted = `"${etag}"`;
  const headers = { 'content-type': contentType, etag: quoted, vary: 'Accept', ...more };
  if (request.headers.get('if-none-match') === quoted) {
    return new Response(null, { status: 304, headers });
  }
  return new Response(bytes, { headers });
}

function notAcceptable(): Response {
  return new Response(null, { status: 406 });
}
