import '#ui/site/first.ts';
import { readPageData } from '#ui/site/page-data.ts';
import { connect, connection } from './fake-machine.ts';

const { showPage } = await import('#ui/playground/start.ts');
await showPage({ frame: readPageData(), connect, connection });
