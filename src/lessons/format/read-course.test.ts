import { describe, expect, it } from 'vitest';
import { type Content, type ContentFile, readCourse } from './read-course.ts';

const step = `---
title: Look
---

Prose with \`code\`.
`;

function files(changes: Record<string, string | undefined> = {}): Content {
  const all: Record<string, string | undefined> = {
    '01-node/part.md': '---\ntitle: A node\nsummary: Open it.\n---\n',
    '01-node/01-tab/lesson.md':
      '---\ntitle: In your tab\nsummary: It is Linux.\nminutes: 8\nneeds: machine\n---\n',
    '01-node/01-tab/1-look.md': step,
    ...changes,
  };
  const written = Object.entries(all).flatMap(([path, text]): [string, ContentFile][] =>
    text === undefined ? [] : [[path, { text, file: `en/${path}` }]],
  );
  return { directory: 'en', files: new Map(written) };
}

const withStep = (text: string) => files({ '01-node/01-tab/1-look.md': text });

/** The blocks of a step with this content. */
function blocksOf(content: string) {
  return readCourse(withStep(`---\ntitle: T\n---\n\n${content}`))[0]?.lessons[0]?.steps[0]?.blocks;
}

describe('a course', () => {
  it('is parts, lessons and steps by their numbers', () => {
    const [part] = readCourse(
      files({
        '01-node/01-tab/2-more.md': step,
        '01-node/02-hand/lesson.md':
          '---\ntitle: By hand\nsummary: S.\nminutes: 9\nneeds: cluster\n---\n',
        '01-node/02-hand/1-a.md': step,
      }),
    );
    expect(part).toMatchObject({ slug: 'node', title: 'A node', summary: 'Open it.' });
    expect(part?.lessons.map(({ slug, needs, minutes }) => [slug, needs, minutes])).toEqual([
      ['tab', 'machine', 8],
      ['hand', 'cluster', 9],
    ]);
    expect(part?.lessons[0]?.steps.map(({ slug }) => slug)).toEqual(['look', 'more']);
  });
});

describe('a step', () => {
  it('has prose, commands, manifests, scripts and figures in their order', () => {
    const content = [
      'One *two*.',
      '```sh run\nps\n```',
      '```yaml manifest=foo.yaml\nkind: Pod\n```',
      '```sh script=toy\necho\n```',
      '```console\n$ only shown\n```',
      '::figure[What it does]{name=time-line}',
    ].join('\n\n');
    expect(blocksOf(content)).toEqual([
      { kind: 'prose', html: '<p>One <em>two</em>.</p>' },
      { kind: 'command', command: 'ps' },
      { kind: 'manifest', file: 'foo.yaml', text: 'kind: Pod\n' },
      { kind: 'script', file: 'toy', text: 'echo\n' },
      {
        kind: 'prose',
        html: '<pre tabindex="0"><code class="language-console">$ only shown\n</code></pre>',
      },
      { kind: 'figure', name: 'time-line', captionHtml: 'What it does' },
    ]);
  });

  it('has the machine answer a prediction when a check has passed', () => {
    const checks = ':::checks\n- `held` It is held\n  - `none` Not yet.\n:::';
    const question = 'What?\n\n- [x] this\n\n  So.\n- [ ] that\n\n  No.';
    const content = `:::prediction{command="ps" after="held"}\n${question}\n:::\n\n${checks}`;
    expect(blocksOf(content)?.[0]).toMatchObject({ kind: 'prediction', after: 'held' });
  });

  it('asks questions, each answer with its reason', () => {
    const content = `:::prediction{command="ps -e"}
What will it show?

- [ ] nothing

  Something always runs.
- [x] \`pause\`

  It holds the namespaces.
:::`;
    expect(blocksOf(content)).toEqual([
      {
        kind: 'prediction',
        command: 'ps -e',
        html: '<p>What will it show?</p>',
        answers: [
          { html: '<p>nothing</p>', right: false, whyHtml: '<p>Something always runs.</p>' },
          {
            html: '<p><code>pause</code></p>',
            right: true,
            whyHtml: '<p>It holds the namespaces.</p>',
          },
        ],
      },
    ]);
  });

  it('has checks with words for what is missing', () => {
    const content =
      ':::checks\n- `bound` Foo is *bound*.\n  - `none` There is no {pod}.\n- `held` It is held.\n  - `gone` It has gone.\n:::';
    expect(blocksOf(content)).toEqual([
      {
        kind: 'checks',
        checks: [
          { id: 'bound', html: 'Foo is <em>bound</em>.', missing: { none: 'There is no {pod}.' } },
          { id: 'held', html: 'It is held.', missing: { gone: 'It has gone.' } },
        ],
      },
    ]);
  });

  it('offers help in degrees, and says what is real', () => {
    expect(blocksOf(':::help{degree=hint}\nLook.\n:::\n\n:::real\nAll.\n:::')).toEqual([
      { kind: 'help', degree: 'hint', html: '<p>Look.</p>' },
      { kind: 'real', html: '<p>All.</p>' },
    ]);
  });

  it('leaves a colon within prose alone', () => {
    expect(blocksOf('At 10:30 busybox:1.36 :ran.')).toEqual([
      { kind: 'prose', html: '<p>At 10:30 busybox:1.36 :ran.</p>' },
    ]);
  });

  it('marks the words of code in a line that would break after a dash', () => {
    expect(blocksOf('Run `ls -l /a`.')).toEqual([
      { kind: 'prose', html: '<p>Run <code>ls <span class="word">-l</span> /a</code>.</p>' },
    ]);
  });

  it('shows what looks like markup in code as text', () => {
    expect(blocksOf('`<b>&`')).toEqual([
      { kind: 'prose', html: '<p><code>&#x3C;b>&#x26;</code></p>' },
    ]);
  });
});

describe('a mistake is told with its file and line', () => {
  const stepFile = 'lessons/en/01-node/01-tab/1-look.md';
  const inStep = (content: string) => withStep(`---\ntitle: T\n---\n${content}`);
  it.each<[what: string, Content, message: string]>([
    [
      'no part',
      files({ '01-node/part.md': undefined }),
      'lessons/en/01-node/part.md: This file is missing.',
    ],
    [
      'a gap in the numbers',
      files({ '01-node/01-tab/1-look.md': undefined, '01-node/01-tab/2-look.md': step }),
      'lessons/en/01-node/01-tab/2-look: Number 1 was expected here.',
    ],
    [
      'a lesson without steps',
      files({ '01-node/01-tab/1-look.md': undefined }),
      'lessons/en/01-node/01-tab/: A lesson has steps: 1-name.md, ….',
    ],
    [
      'an unknown key',
      files({ '01-node/part.md': '---\ntitle: A\nsummary: B\ncolour: red\n---\n' }),
      'lessons/en/01-node/part.md:4: There is no key colour, only title, summary.',
    ],
    [
      'a missing key',
      files({ '01-node/part.md': '---\ntitle: A\n---\n' }),
      'lessons/en/01-node/part.md:2: The key summary is missing.',
    ],
    [
      'a wrong value',
      files({
        '01-node/01-tab/lesson.md':
          '---\ntitle: A\nsummary: B\nminutes: long\nneeds: machine\n---\n',
      }),
      'lessons/en/01-node/01-tab/lesson.md:4: minutes must be a number above zero.',
    ],
    [
      'no front matter',
      withStep('Prose.'),
      `${stepFile}:1: A step begins with front matter that has its title.`,
    ],
    ['HTML', inStep('\nText\n\n<b>bold</b>\n'), `${stepFile}:7: HTML is not read; write Markdown.`],
    [
      'an unknown block',
      inStep('\n:::warning\nOh.\n:::\n'),
      `${stepFile}:5: There is no :::warning, only :::question, :::prediction, :::real, :::help and :::checks.`,
    ],
    [
      'a block whose {…} ends too early',
      inStep('\n:::prediction{command="echo "a""}\nWhat?\n\n- [x] a\n\n  So.\n:::\n'),
      `${stepFile}:5: This begins like a block and is none: are the quotes of its {…} closed? A value has no quotes of its own kind in it.`,
    ],
    [
      'a prediction that waits for no check of its step',
      inStep(
        ':::prediction{command="ps" after="held"}\nWhat?\n\n- [x] a\n\n  So.\n- [ ] b\n\n  No.\n:::\n',
      ),
      `${stepFile}:4: The step has no check held for a prediction to wait for.`,
    ],
    [
      'an unknown figure',
      inStep('::figure[C]{name=wheel}\n'),
      `${stepFile}:4: name is one of sync-loop, time-line, node-map, pod-life, not wheel.`,
    ],
    [
      'an unknown attribute',
      inStep(':::help{degree=hint loud=yes}\nA\n:::\n'),
      `${stepFile}:4: help has no loud.`,
    ],
    [
      'words after a fence',
      inStep('```sh go\nps\n```\n'),
      `${stepFile}:4: A fence is one of: sh run, sh script=FILE, yaml manifest=FILE; or has nothing after its language.`,
    ],
    [
      'a file outside of the directory',
      inStep('```yaml manifest=../foo.yaml\na: b\n```\n'),
      `${stepFile}:4: A fence is one of`,
    ],
    [
      'no right answer',
      inStep(':::question\nQ?\n\n- [ ] a\n\n  b\n- [ ] c\n\n  d\n:::\n'),
      `${stepFile}:4: None of the answers is right: mark one with [x].`,
    ],
    [
      'an answer without a reason',
      inStep(':::question\nQ?\n\n- [x] a\n- [ ] c\n\n  d\n:::\n'),
      `${stepFile}:7: An answer is followed by a paragraph that explains it.`,
    ],
    [
      'a check without a name',
      inStep(':::checks\n- Foo is bound.\n:::\n'),
      `${stepFile}:5: This begins with a name in backquotes, then says what it means.`,
    ],
    [
      'two checks of one name',
      inStep(':::checks\n- `a` A.\n- `a` B.\n:::\n'),
      `${stepFile}:6: There are two called a.`,
    ],
    [
      'a check that cannot say what is missing',
      inStep(':::checks\n- `a` A.\n  - `none` None.\n- `b` B.\n:::\n'),
      `${stepFile}:7: b has no words for what is still missing.`,
    ],
    [
      'a picture',
      inStep('\n![x](x.png)\n'),
      `${stepFile}:5: Pictures are drawn from the machine: use a figure.`,
    ],
  ])('%s', (_what, content, message) => {
    expect(() => readCourse(content)).toThrow(message);
  });
});
