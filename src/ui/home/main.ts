import '#ui/site/first.ts';
import { loadAhead } from '#ui/site/load-ahead.ts';
import { takeOver } from '#ui/site/take-over.ts';
import Home from './Home.svelte';

await takeOver(Home);
loadAhead();
