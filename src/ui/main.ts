import { connectNode } from '#rpc/connect.ts';
import './tokens.css';
import './fonts.css';
import './page.css';
import { showBrokenPage } from './broken-page.ts';
import { applySavedTheme } from './saved-theme.ts';
import { marks } from './state/marks.ts';

// The machine loads while the rest of the page's code does.
marks.once('worker');
const connection = connectNode();
connection.status.listen(({ kind }) => {
  if (kind === 'starting') marks.once('loaded');
  if (kind === 'running') marks.once('started');
});
const started = connection.api.start('snapshot');
// What fails is told to the page as a status.
started.catch(() => undefined);

applySavedTheme();

try {
  const { showPage } = await import('./start.ts');
  showPage({ connect: connectNode, connection });
} catch (error) {
  console.error(error);
  showBrokenPage();
}
