import type { NodeConnection } from '#rpc/connect.ts';

/** What the page needs of a worker: its API says the status itself. */
export type PageConnection = Pick<NodeConnection, 'api' | 'death' | 'dispose'>;

export type ConnectNode = () => PageConnection;

interface Disposable {
  dispose(): void;
}

/** What a session needs of a terminal; xterm.js has it with a page and without one. */
export interface Screen {
  readonly cols: number;
  readonly rows: number;
  readonly buffer: {
    readonly active: {
      readonly length: number;
      getLine(
        row: number,
      ):
        { readonly isWrapped: boolean; translateToString(trimRight?: boolean): string } | undefined;
    };
  };
  scrollToBottom(): void;
  /** Calls back once the bytes are parsed. */
  write(data: string | Uint8Array, callback?: () => void): void;
  /** Text typed or pasted, and the terminal's own replies. */
  onData(listener: (text: string) => void): Disposable;
  /** Bytes that are not text, such as old mouse reports: one byte a character. */
  onBinary(listener: (bytes: string) => void): Disposable;
  onResize(listener: (size: { cols: number; rows: number }) => void): Disposable;
}

/** Where preferences are kept: `localStorage`, or nothing where the browser forbids it. */
export type SettingsStore = Pick<Storage, 'getItem' | 'setItem'>;

/** Whether the reader can see the page. */
export interface PageVisibility {
  readonly hidden: boolean;
  listen(listener: () => void): () => void;
}
