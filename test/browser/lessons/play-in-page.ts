import type { Locator, Page } from 'playwright';
import { expect } from 'vitest';
import { type Lesson, type Step, checksOf } from '#lessons/lesson.ts';
import { addressOf } from '../../lessons/course.ts';
import { accessibilityViolations, bringAxe } from '../site/axe.ts';
import type { Site } from '../site/harness.ts';
import type { Visit } from '../site/visit.ts';

/** Milliseconds for a machine with its cluster to begin, or for what a step waits for of the kubelet. */
const limit = { timeout: 180_000 };

/** Of this step the page is asked to go back to its beginning: it has one before it to do again. */
const resetStep = 1;

/**
 * Plays a lesson as its reader would, who asks for every help there is: each step's checks say what is missing, its
 * hints are read, the page does it, and the checks fill. One step is reset and done again. axe-core looks at each.
 */
export async function playInPage(site: Site, lesson: Lesson): Promise<void> {
  const context = await site.newContext({ viewport: { width: 1440, height: 900 } });
  await bringAxe(context);
  const visit = await site.open({ context, path: addressOf(lesson) });
  for (const [index, step] of lesson.steps.entries()) {
    const player = new StepPlayer(visit, step);
    await player.opens();
    await player.answerQuestions();
    await player.readHints();
    await player.do();
    if (index === resetStep) {
      await player.reset();
      await player.do();
    }
    await player.readWhy();
    await player.isAccessible();
    await player.goOn();
  }
  await visit.page.goto(`${site.url}lessons/`);
  const entry = visit.page.getByRole('listitem').filter({ hasText: lesson.title });
  await entry.getByText('Finished').waitFor();
  visit.wentWell();
}

/** In the page: whatever has changed is drawn, and has taken on its new colours. */
async function settled(): Promise<void> {
  for (let frame = 0; frame < 2; frame++) await new Promise(requestAnimationFrame);
  const changes = document.getAnimations().filter((each) => each instanceof CSSTransition);
  await Promise.allSettled(changes.map(({ finished }) => finished));
}

/** A reader at one step. */
class StepPlayer {
  readonly #visit: Visit;
  readonly #page: Page;
  readonly #step: Step;
  readonly #section: Locator;

  constructor(visit: Visit, step: Step) {
    this.#visit = visit;
    this.#page = visit.page;
    this.#step = step;
    this.#section = this.#page.locator(`[id="${step.slug}"]`);
  }

  async opens(): Promise<void> {
    await this.#section.getByRole('heading', { level: 1 }).waitFor();
    await this.#ready();
  }

  /** Whatever is chosen is explained; here it is the right answer. */
  async answerQuestions(): Promise<void> {
    const questions = this.#step.blocks.filter((block) => block.kind === 'question');
    for (const [index, { answers }] of questions.entries()) {
      const group = this.#section
        .getByRole('group')
        .filter({ has: this.#page.getByRole('button', { name: 'Check the answer' }) })
        .nth(index);
      const right = answers.findIndex((answer) => answer.right);
      await group.getByRole('radio').nth(right).check();
      await group.getByRole('button', { name: 'Check the answer' }).click();
      await group.getByText('Right.').waitFor();
    }
  }

  async readHints(): Promise<void> {
    for (const [degree, name] of [
      ['hint', 'Give me a hint'],
      ['stronger', 'A stronger hint'],
    ] as const) {
      const has = this.#step.blocks.some(
        (block) => block.kind === 'help' && block.degree === degree,
      );
      if (has) await this.#button(name).click();
    }
  }

  /** What is to be done is said to be missing; the page does it, and then it is said to be done. */
  async do(): Promise<void> {
    if (checksOf(this.#step).length === 0) return;
    const list = this.#section.getByRole('list', { name: 'To do in this step' });
    await list.locator('.missing').first().waitFor(limit);
    await this.#button('Do it for me').click();
    await this.#ends(this.#section.getByText('All done in this step.'));
    await this.#button('Stop').waitFor({ ...limit, state: 'detached' });
    expect(await list.getByRole('listitem').filter({ hasText: 'to do:' }).count()).toBe(0);
  }

  async reset(): Promise<void> {
    await this.#button('Reset this step').click();
    await this.#section.getByText('The lesson is being prepared').waitFor({ state: 'attached' });
    await this.#ready();
  }

  /** Why it works is offered once it does. */
  async readWhy(): Promise<void> {
    const why = this.#step.blocks.some((block) => block.kind === 'help' && block.degree === 'why');
    if (why) await this.#button('Why it works').click();
  }

  /** With all that it says and shows now, in both themes. */
  async isAccessible(): Promise<void> {
    for (const colorScheme of ['dark', 'light'] as const) {
      await this.#page.emulateMedia({ colorScheme });
      await this.#page.evaluate(settled);
      expect(await accessibilityViolations(this.#page), colorScheme).toEqual([]);
    }
  }

  async goOn(): Promise<void> {
    const next = this.#section.getByRole('link', { name: 'Next step' });
    if ((await next.count()) > 0) await next.click();
  }

  #button(name: string): Locator {
    return this.#section.getByRole('button', { name, exact: true });
  }

  /** The lesson is prepared: it can be reset. */
  #ready(): Promise<void> {
    return this.#ends(this.#button('Reset this step').and(this.#page.locator(':enabled')));
  }

  /** Waits for what should come; a failure that the lesson tells, or the end of patience, shows the terminal. */
  async #ends(expected: Locator): Promise<void> {
    const alert = this.#section.getByRole('alert');
    try {
      await expected
        .or(alert)
        .first()
        .waitFor({ ...limit, state: 'attached' });
      expect(await alert.allTextContents()).toEqual([]);
    } catch (error) {
      const { text } = await this.#visit.active();
      const checks = await this.#section.getByRole('listitem').allInnerTexts();
      const state = { step: this.#step.slug, checks, terminal: text.slice(-2000) };
      throw new Error(JSON.stringify(state, null, 1), { cause: error });
    }
  }
}
