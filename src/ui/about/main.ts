import '#ui/site/first.ts';
import './about.css';
import { readPageData } from '#ui/site/page-data.ts';
import { takeOver } from '#ui/site/take-over.ts';
import Credits from './Credits.svelte';
import Real from './Real.svelte';

if (readPageData().kind === 'credits') await takeOver(Credits);
else await takeOver(Real);
