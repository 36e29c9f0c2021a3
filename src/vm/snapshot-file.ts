import { sha256Hex } from '#base/digest.ts';
import { SandglassError } from '#base/errors.ts';
import { emulatorVersion } from './known-emulator.ts';
import type { MachineProfile } from './profiles.ts';

/** Plain data that a snapshot's maker adds: 9P fids, what the host knew. */
export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

/** What of a profile a state depends on: v86 checks none of it and breaks in its own ways. */
export type SnapshotShape = Pick<
  MachineProfile,
  'memoryBytes' | 'vgaMemoryBytes' | 'acpi' | 'ninep'
> & { nic: boolean };

export interface SnapshotHeader {
  format: 'sandglass-machine';
  version: 1;
  /** States of other emulator versions are refused. */
  emulator: string;
  profile: string;
  shape: SnapshotShape;
  /** The guest's MAC when it was taken; the guest goes on using it until told otherwise. */
  mac: string | null;
  /** Data ports that a guest process had open. */
  openPorts: number[];
  /** Bytes typed on the serial console that the guest had not read. */
  typed: number[];
  /** Milliseconds since 1970, by the machine's host. */
  takenAt: number;
  payload: { encoding: 'v86-state' | 'zstd'; length: number; sha256: string };
  extra: Json;
}

export type SnapshotFacts = Omit<SnapshotHeader, 'format' | 'version' | 'emulator' | 'payload'>;

/**
 * A zstd skippable frame (RFC 8878, 3.1.2) with the header as JSON, then v86's state, plain or as
 * a zstd frame. A compressed snapshot is thereby one that any zstd tool reads.
 */
const skippableMagic = 0x184d2a50;
const zstdMagic = 0xfd2fb528;
/** state.js: STATE_MAGIC, as unsigned. */
const stateMagic = 0x86768676;
const frameHeaderBytes = 8;
/** Far more than any header; a garbled length must not be believed. */
const longestHeader = 16 << 20;

export async function encodeSnapshot(
  facts: SnapshotFacts,
  payload: Uint8Array,
): Promise<Uint8Array<ArrayBuffer>> {
  const header: SnapshotHeader = {
    format: 'sandglass-machine',
    version: 1,
    emulator: emulatorVersion,
    ...facts,
    payload: {
      encoding: encodingOf(payload),
      length: payload.length,
      sha256: await sha256Hex(payload),
    },
  };
  const json = new TextEncoder().encode(JSON.stringify(header));
  const file = new Uint8Array(frameHeaderBytes + json.length + payload.length);
  const view = new DataView(file.buffer);
  view.setUint32(0, skippableMagic, true);
  view.setUint32(4, json.length, true);
  file.set(json, frameHeaderBytes);
  file.set(payload, frameHeaderBytes + json.length);
  return file;
}

/** The header and the payload, a view of `file`, after checking that nothing is missing or changed. */
export async function decodeSnapshot(
  file: Uint8Array,
): Promise<{ header: SnapshotHeader; payload: Uint8Array }> {
  const { header, payload } = splitSnapshot(file);
  if (payload.length !== header.payload.length) {
    throw damaged(`it has ${payload.length} bytes of state where ${header.payload.length} belong`);
  }
  if ((await sha256Hex(payload)) !== header.payload.sha256) throw damaged('its digest is wrong');
  if (encodingOf(payload) !== header.payload.encoding)
    throw damaged('its state is of another kind');
  return { header, payload };
}

/** The header alone, not checked against the payload. */
export function readSnapshotHeader(file: Uint8Array): SnapshotHeader {
  return splitSnapshot(file).header;
}

/** The same snapshot around another form of its state: what a compressor made of it. */
export async function replacePayload(
  file: Uint8Array,
  payload: Uint8Array,
): Promise<Uint8Array<ArrayBuffer>> {
  return encodeSnapshot(factsOf(readSnapshotHeader(file)), payload);
}

function factsOf(header: SnapshotHeader): SnapshotFacts {
  const { profile, shape, mac, openPorts, typed, takenAt, extra } = header;
  return { profile, shape, mac, openPorts, typed, takenAt, extra };
}

export function shapeOf(profile: MachineProfile): SnapshotShape {
  const { memoryBytes, vgaMemoryBytes, acpi, ninep, nic } = profile;
  return { memoryBytes, vgaMemoryBytes, acpi, ninep, nic: nic !== undefined };
}

/** Refuses a snapshot that was not made by this emulator of a machine like `profile`. */
export function assertFits(header: SnapshotHeader, profile: MachineProfile): void {
  if (header.emulator !== emulatorVersion) {
    throw new SandglassError(
      'failed-precondition',
      `The snapshot was taken by ${header.emulator}, this is ${emulatorVersion}.`,
    );
  }
  const wanted = shapeOf(profile);
  for (const key of Object.keys(wanted) as (keyof SnapshotShape)[]) {
    if (header.shape[key] !== wanted[key]) {
      throw new SandglassError(
        'failed-precondition',
        `The snapshot does not fit the machine: its ${key} is ${header.shape[key]}, the machine's is ${wanted[key]}.`,
      );
    }
  }
}

function splitSnapshot(file: Uint8Array): { header: SnapshotHeader; payload: Uint8Array } {
  if (file.length < frameHeaderBytes) throw damaged('it is too short');
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  if (view.getUint32(0, true) !== skippableMagic) throw damaged('it is no snapshot');
  const length = view.getUint32(4, true);
  if (length > longestHeader || frameHeaderBytes + length > file.length) {
    throw damaged('its header is cut short');
  }
  const end = frameHeaderBytes + length;
  const header = parseHeader(new TextDecoder().decode(file.subarray(frameHeaderBytes, end)));
  return { header, payload: file.subarray(end) };
}

function parseHeader(json: string): SnapshotHeader {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch (cause) {
    throw damaged('its header is no JSON', cause);
  }
  if (!isRecord(value) || value['format'] !== 'sandglass-machine')
    throw damaged('it is no snapshot');
  if (value['version'] !== 1) {
    throw new SandglassError(
      'failed-precondition',
      `The snapshot has format version ${String(value['version'])}; this knows 1.`,
    );
  }
  const complete =
    typeof value['emulator'] === 'string' &&
    isRecord(value['shape']) &&
    isRecord(value['payload']) &&
    typeof value['payload']['sha256'] === 'string' &&
    Array.isArray(value['openPorts']) &&
    Array.isArray(value['typed']);
  if (!complete) throw damaged('its header lacks fields');
  return value as unknown as SnapshotHeader;
}

function encodingOf(payload: Uint8Array): SnapshotHeader['payload']['encoding'] {
  if (payload.length >= 4) {
    const magic = new DataView(payload.buffer, payload.byteOffset, 4).getUint32(0, true);
    if (magic === zstdMagic) return 'zstd';
    if (magic === stateMagic) return 'v86-state';
  }
  throw damaged('its state is neither plain nor zstd');
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function damaged(why: string, cause?: unknown): SandglassError {
  return new SandglassError('data-loss', `The snapshot is damaged: ${why}.`, { cause });
}
