/** A part of the course: a numbered directory of `lessons/`, and its lessons in their order. */
export interface Part {
  /** The directory's name without its number, as it stands in addresses. */
  slug: string;
  title: string;
  summary: string;
  lessons: readonly Lesson[];
}

export interface Lesson {
  slug: string;
  /** Where it stands below the locale's directory, such as `03-the-cri/02-a-pod`; the code beside it has no locale. */
  folder: string;
  title: string;
  summary: string;
  /** How long a reader takes. */
  minutes: number;
  /** What it begins with: a machine alone, or a cluster on it. */
  needs: LessonNeeds;
  steps: readonly Step[];
}

export const lessonNeeds = ['machine', 'cluster'] as const;
export type LessonNeeds = (typeof lessonNeeds)[number];

/** One page of a lesson. */
export interface Step {
  slug: string;
  title: string;
  blocks: readonly Block[];
}

/** What a step is made of, from top to bottom. `html` is prose that the build has made of Markdown. */
export type Block =
  | { kind: 'prose'; html: string }
  | { kind: 'command'; command: string }
  /** A file in the reader's directory on the node, to be edited and applied. */
  | { kind: 'manifest'; file: string; text: string }
  | { kind: 'script'; file: string; text: string }
  | { kind: 'figure'; name: FigureName; captionHtml: string }
  | { kind: 'question'; html: string; answers: readonly Answer[] }
  /** The machine answers it: the command is run once the reader has chosen, and the check `after` has passed. */
  | {
      kind: 'prediction';
      html: string;
      command: string;
      after?: string | undefined;
      answers: readonly Answer[];
    }
  | { kind: 'real'; html: string }
  | { kind: 'help'; degree: HelpDegree; html: string }
  | { kind: 'checks'; checks: readonly CheckWords[] };

export interface Answer {
  html: string;
  right: boolean;
  whyHtml: string;
}

/** What a check of `checks.ts` is called for the reader. */
export interface CheckWords {
  id: string;
  html: string;
  /** By the reasons that the check gives: what is still missing. `{name}` stands for a value. */
  missing: Readonly<Record<string, string>>;
}

/** The live figures that a step can show. */
export const figureNames = ['sync-loop', 'time-line', 'node-map', 'pod-life'] as const;
export type FigureName = (typeof figureNames)[number];

/** Help in the order in which it is offered; the solution itself is run between the last two. */
export const helpDegrees = ['hint', 'stronger', 'why'] as const;
export type HelpDegree = (typeof helpDegrees)[number];

/** Where a lesson's checks are written, whatever its language: code has none, and stands beside the English text. */
export function checksFileOf({ folder }: Lesson): string {
  return `lessons/en/${folder}/checks.ts`;
}

/** The checks of a step, in their order. */
export function checksOf({ blocks }: Step): readonly CheckWords[] {
  return blocks.flatMap((block) => (block.kind === 'checks' ? block.checks : []));
}
