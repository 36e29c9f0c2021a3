import { mount } from 'svelte';
import '#ui/tokens.css';
import '#ui/fonts.css';
import '#ui/page.css';
import EditorPage from './EditorPage.svelte';

mount(EditorPage, { target: document.getElementById('app') ?? document.body });
