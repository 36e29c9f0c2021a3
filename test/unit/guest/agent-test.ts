import { readFile } from 'node:fs/promises';
import { afterEach, beforeEach, expect } from 'vitest';
import { concatBytes } from '#base/byte-stream.ts';
import type { ByteSource } from '#base/byte-stream.ts';
import type { AgentClient, ConnectOptions } from '#guest/agent-client.ts';
import { NativeAgent, type NativeAgentOptions } from './native-agent.ts';

export const utf8 = (text: string) => new TextEncoder().encode(text);
export const text = (bytes: Uint8Array | undefined) => new TextDecoder().decode(bytes);

export interface AgentFixture {
  native: NativeAgent;
  agent: AgentClient;
  /** Runs a shell command to its end; its output without the last newline. */
  sh: (command: string) => Promise<string>;
}

/** A fresh agent, and a client of it, for each test. Afterwards no sanitizer may have complained. */
export function useAgent(options?: NativeAgentOptions, connect?: ConnectOptions): AgentFixture {
  const fixture = {} as AgentFixture;
  beforeEach(async () => {
    fixture.native = await NativeAgent.start(options);
    fixture.agent = await fixture.native.connect(connect);
    fixture.sh = async (command) => {
      const { stdout, stderr, exit } = await fixture.agent.run({ argv: ['sh', '-c', command] });
      expect({ exit, stderr: text(stderr) }).toEqual({ exit: { code: 0 }, stderr: '' });
      return text(stdout).trimEnd();
    };
  }, 60_000);
  afterEach(async () => {
    await fixture.native[Symbol.asyncDispose]();
    expect(fixture.native.errors).toBe('');
  });
  return fixture;
}

/** The processes that the agent has started and not yet seen the end of. */
export async function childrenOf(agent: number): Promise<number[]> {
  const list = await readFile(`/proc/${agent}/task/${agent}/children`, 'utf8');
  return list.split(' ').filter(Boolean).map(Number);
}

/**
 * Mounts a file system at a path that the agent knows nothing of, so that for all it knows it is slow. It shows
 * what is put into the same path with `.lower` behind it.
 */
export async function mountSlow({ sh }: AgentFixture, path: string): Promise<void> {
  const layers = `lowerdir=${path}.lower:${path}.empty`;
  await sh(
    `mkdir ${path}.lower ${path}.empty ${path}; mount -t overlay overlay -o ${layers} ${path}`,
  );
}

/** Reads until the text appears; what came up to then. */
export async function readUntil(source: ByteSource, wanted: string): Promise<string> {
  const chunks: Uint8Array[] = [];
  for (;;) {
    const chunk = await source.read();
    if (!chunk) throw new Error(`The stream ended before ${wanted}: ${text(concatBytes(chunks))}`);
    chunks.push(chunk);
    const seen = text(concatBytes(chunks));
    if (seen.includes(wanted)) return seen;
  }
}

/** Bytes that differ from each other and from those of other seeds, and do not repeat early. */
export function patternBytes(length: number, seed: number): Uint8Array {
  const bytes = new Uint8Array(length);
  let state = (seed * 2654435761 + 1) >>> 0;
  for (let at = 0; at < length; at++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    bytes[at] = state >>> 24;
  }
  return bytes;
}
