import '#ui/site/first.ts';
import { loadAhead } from '#ui/site/load-ahead.ts';
import { takeOver } from '#ui/site/take-over.ts';
import Contents from './Contents.svelte';

await takeOver(Contents);
loadAhead();
