/**
 * Finds in a shell's output where its prompts end and how its commands ended: the marks `OSC 133 ; B` and
 * `OSC 133 ; D ; CODE` of the FinalTerm protocol (gitlab.freedesktop.org/Per_Bothner/specifications,
 * semantic-prompts), which the node's bash prints (images/rootfs/overlay/etc/bash.bashrc).
 */
export class PromptMarks {
  readonly #onMark: (mark: PromptMark) => void;
  /** What may be the beginning of a mark whose end has not come. */
  #begun = '';

  constructor(onMark: (mark: PromptMark) => void) {
    this.#onMark = onMark;
  }

  take(bytes: Uint8Array): void {
    const text = this.#begun + latin1(bytes);
    let end = 0;
    for (const found of text.matchAll(whole)) {
      end = found.index + found[0].length;
      const [, kind, code] = found;
      if (kind === 'B') this.#onMark({ kind: 'prompt' });
      if (kind === 'D') this.#onMark({ kind: 'end', code: Number(code ?? 0) });
    }
    this.#begun = begun.exec(text.slice(end))?.[0] ?? '';
  }
}

/** The shell waits for a line, or the last one has ended. */
export type PromptMark = { kind: 'prompt' } | { kind: 'end'; code: number };

const whole = /\x1b\]133;([ABCD])(?:;(\d{1,3}))?\x07/g;

const begun = /\x1b(?:\](?:1(?:3(?:3(?:;[ABCD]?(?:;\d{0,3})?)?)?)?)?)?$/;

/** Only ASCII is looked for, and a mark's bytes are never part of another character in UTF-8. */
function latin1(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes) text += String.fromCharCode(byte);
  return text;
}
