/** What every page begins with: its looks, and the reader's theme before anything is painted. */
import '#ui/tokens.css';
import '#ui/fonts.css';
import '#ui/page.css';
import { applySavedTheme } from './saved-theme.ts';

applySavedTheme();
