import path from 'node:path';
import { expect, test } from 'vitest';
import { addressOf, lessons } from '../../lessons/course.ts';
import { useSite } from './harness.ts';

const site = useSite();

/** Where the pictures go, to be looked at. */
const output = path.resolve(import.meta.dirname, '../../output');

const pages = ['', 'lessons/', 'real/', 'credits/', 'playground/', ...lessons.map(addressOf)];

const looks = {
  light: { viewport: { width: 1440, height: 900 }, colorScheme: 'light' },
  dark: { viewport: { width: 1440, height: 900 }, colorScheme: 'dark' },
  phone: {
    viewport: { width: 390, height: 844 },
    colorScheme: 'light',
    isMobile: true,
    hasTouch: true,
  },
} as const;

test.each(
  pages.flatMap((page) => Object.entries(looks).map(([name, look]) => [page, name, look] as const)),
)('/%s is pictured, %s, and nothing of it lies beyond the window', async (name, lookName, look) => {
  const { page } = await site.open({ path: name, ...look });
  if (await page.locator('html.fixed').count()) {
    await page.waitForFunction(
      () => performance.getEntriesByName('sandglass:prompt').length > 0,
      undefined,
      { timeout: 60_000 },
    );
  } else {
    await page.getByRole('button', { name: /^Switch to the/ }).waitFor();
  }
  await page.evaluate(() => document.fonts.ready);
  const beyond = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
  expect(beyond).toBeLessThanOrEqual(0);
  const file = `${name.replaceAll('/', '-') || 'home-'}${lookName}.png`;
  await page.screenshot({
    path: path.join(output, file),
    fullPage: lookName !== 'phone' || name === '',
    animations: 'disabled',
  });
});
