import { beforeEach, expect, it } from 'vitest';
import { ProcessLinks } from './process-links.ts';

const web = { sandboxId: 's1', containerId: 'c1' };
const other = { sandboxId: 's2' };
let links: ProcessLinks;

beforeEach(() => {
  links = new ProcessLinks();
});

it('gives a child to whom its parent belongs, over generations whose elders have gone', () => {
  links.announce(10, web);
  expect(links.forked(10, 1)).toEqual(web);
  expect(links.forked(11, 10)).toEqual(web);
  expect(links.exited(10)).toEqual(web);
  expect(links.forked(12, 11)).toEqual(web);
  expect(links.of(12)).toEqual(web);
});

it('knows processes that were there before anybody listened', () => {
  links.announce(10, web);
  expect(links.of(10)).toEqual(web);
  expect(links.forked(11, 10)).toEqual(web);
  expect(links.exited(10)).toEqual(web);
  expect(links.of(10)).toEqual({});
});

it('says nothing of a process of nobody, or of a number that is given out again', () => {
  expect(links.forked(5, 1)).toEqual({});
  links.announce(10, web);
  links.forked(10, 1);
  links.exited(10);
  expect(links.forked(10, 1)).toEqual({});
});

it('believes a fork more than what it knew of the number, whose end may have been lost', () => {
  links.announce(10, web);
  links.forked(10, 1);
  expect(links.forked(10, 1)).toEqual({});
  expect(links.of(10)).toEqual({});
  links.announce(20, other);
  links.forked(20, 1);
  links.forked(21, 20);
  links.announce(10, web);
  links.forked(10, 1);
  expect(links.forked(21, 10)).toEqual(web);
});
