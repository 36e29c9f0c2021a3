import { it } from 'vitest';
import { otherLessons } from '../../lessons/course.ts';
import { useSite } from '../site/harness.ts';
import { playInPage } from './play-in-page.ts';

const site = useSite();

/** Milliseconds: some lessons wait for what the kubelet does every ten seconds. */
const timeout = 600_000;

it.for(otherLessons.map((lesson) => [lesson.folder, lesson] as const))(
  '%s is played in its page',
  { timeout },
  async ([, lesson]) => {
    await playInPage(site, lesson);
  },
);
