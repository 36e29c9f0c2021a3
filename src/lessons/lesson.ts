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
  title: string;
  summary: string;
  /** How long a reader takes. */
  minutes: number;
  /** What it begins with: a machine alone, or a cluster on it. */
  needs: 'machine' | 'cluster';
  steps: readonly Step[];
}

/** One page of a lesson. */
export interface Step {
  slug: string;
  title: string;
  blocks: readonly Block[];
}

/** What a step is made of, from top to bottom. `html` is prose that the build has made of Markdown. */
export type Block =
  | { kind: 'prose'; html: string }
  | { kind: 'command'; command: string; terminal: string }
  | { kind: 'manifest'; file: string; yaml: string }
  | { kind: 'figure'; name: FigureName; caption: string }
  | { kind: 'question'; html: string; answers: readonly Answer[] }
  | { kind: 'prediction'; html: string; command: string; answers: readonly Answer[] }
  | { kind: 'real'; html: string }
  | { kind: 'help'; degree: HelpDegree; html: string }
  | { kind: 'checks'; ids: readonly string[] };

export interface Answer {
  html: string;
  right: boolean;
  /** Why it is right or wrong. */
  why: string;
}

/** The live figures that a step can show. */
export const figureNames = ['sync-loop', 'time-line', 'node-map', 'pod-life'] as const;
export type FigureName = (typeof figureNames)[number];

/** Help in the order in which it is offered; the solution itself is run between the last two. */
export const helpDegrees = ['hint', 'stronger', 'why'] as const;
export type HelpDegree = (typeof helpDegrees)[number];
