/** How a part of Sandglass stands to the thing that it is called after. */
export type Realness = 'real' | 'ours' | 'emulated' | 'absent';

export interface RealPart {
  /** What one would call it on a server. */
  part: string;
  realness: Realness;
  /** What is here. */
  here: string;
  /** What follows from it for who looks. */
  so: string;
}

/** The page that says what is real here, in one language. */
export interface RealText {
  intro: readonly string[];
  /** The four words, and what each promises. */
  legend: Readonly<Record<Realness, { word: string; promise: string }>>;
  columns: { part: string; here: string; so: string };
  groups: readonly { title: string; parts: readonly RealPart[] }[];
  badges: { title: string; text: readonly string[] };
}
