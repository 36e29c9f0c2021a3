/** What a template consists of (Go's text/template/parse). */
export type Statement =
  | { type: 'text'; text: string }
  | { type: 'action'; pipeline: Pipeline }
  | { type: 'if' | 'with'; pipeline: Pipeline; body: Statement[]; otherwise: Statement[] }
  | { type: 'range'; pipeline: Pipeline; body: Statement[]; otherwise: Statement[] }
  | { type: 'break' }
  | { type: 'continue' };

export interface Pipeline {
  /** Variables that it sets, with their dollar signs. */
  variables: string[];
  /** `:=`, and not `=`. */
  declares: boolean;
  commands: Operand[][];
}

export type Operand =
  | { type: 'literal'; value: unknown }
  | { type: 'dot'; fields: string[] }
  | { type: 'variable'; name: string; fields: string[] }
  | { type: 'function'; name: string }
  | { type: 'pipeline'; pipeline: Pipeline; fields: string[] };
