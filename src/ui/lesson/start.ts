import { hydrate } from 'svelte';
import type { LessonCode } from '#lessons/code.ts';
import type { ConnectNode, PageConnection } from '#ui/ports.ts';
import { readQuery } from '#ui/query.ts';
import { loadWords } from '#ui/site/load-words.ts';
import { openMachinePage } from '#ui/site/machine-page.ts';
import type { PageData } from '#ui/site/page-data.ts';
import { openStore } from '#ui/site/reader-settings.ts';
import { Progress } from '#ui/state/progress.ts';
import { LessonPage } from './lesson-page.svelte.ts';
import LessonView from './LessonView.svelte';
import type { MachineParts } from './machine-parts.ts';

export interface LessonStart {
  data: Extract<PageData, { kind: 'lesson' }>;
  /** The slug of the step to begin at. */
  step: string | undefined;
  machine: { connect: ConnectNode; connection: PageConnection };
  /** On their way while the text is already there. */
  parts: Promise<MachineParts>;
  loadCode: (folder: string) => Promise<LessonCode>;
}

/** Takes the page over that the build has drawn, and begins the lesson on its machine. */
export async function openLesson(start: LessonStart): Promise<LessonPage> {
  const { data, step, machine, parts, loadCode } = start;
  await loadWords(data.locale);
  const page = openMachinePage({ frame: data, ...machine });
  const live = new LessonPage({
    page,
    part: data.part.slug,
    lesson: data.lesson,
    progress: new Progress(openStore()),
    loadCode: () => loadCode(data.lesson.folder),
    step,
  });
  hydrate(LessonView, {
    target: document.getElementById('app') ?? document.body,
    props: {
      data,
      settings: page.settings,
      live,
      parts,
      embedded: readQuery(location.search).embed,
    },
  });
  void live.begin();
  return live;
}
