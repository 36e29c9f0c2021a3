/** What of a program file says how it is started: the interpreter and the libraries it needs. */
export interface ElfNeeds {
  readonly interpreter: string | undefined;
  readonly libraries: readonly string[];
}

const PT_LOAD = 1;
const PT_DYNAMIC = 2;
const PT_INTERP = 3;
const DT_NEEDED = 1;
const DT_STRTAB = 5;
const EM_386 = 3;

/** Reads a 32-bit i386 ELF file; undefined for anything else. elf(5) has the layouts. */
export function elfNeeds(file: Uint8Array): ElfNeeds | undefined {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  if (file.length < 52 || view.getUint32(0) !== 0x7f454c46 || file[4] !== 1) return undefined;
  if (view.getUint16(18, true) !== EM_386) return undefined;
  const word = (at: number) => view.getUint32(at, true);
  const tableAt = word(28);
  const entryBytes = view.getUint16(42, true);
  const segments = Array.from({ length: view.getUint16(44, true) }, (_, i) => {
    const at = tableAt + i * entryBytes;
    return {
      type: word(at),
      offset: word(at + 4),
      address: word(at + 8),
      bytes: word(at + 16),
    };
  });
  const text = (at: number) => {
    const end = file.indexOf(0, at);
    return new TextDecoder().decode(file.subarray(at, end));
  };
  const interpreter = segments.find((segment) => segment.type === PT_INTERP);
  const dynamic = segments.find((segment) => segment.type === PT_DYNAMIC);
  const needed: number[] = [];
  let strings = 0;
  for (let at = dynamic?.offset ?? 0, end = at + (dynamic?.bytes ?? 0); at < end; at += 8) {
    if (word(at) === DT_NEEDED) needed.push(word(at + 4));
    if (word(at) === DT_STRTAB) strings = word(at + 4);
  }
  const holder = segments.find(
    ({ type, address, bytes }) =>
      type === PT_LOAD && strings >= address && strings < address + bytes,
  );
  const stringsAt = strings - (holder?.address ?? 0) + (holder?.offset ?? 0);
  return {
    interpreter: interpreter && text(interpreter.offset),
    libraries: needed.map((at) => text(stringsAt + at)),
  };
}
