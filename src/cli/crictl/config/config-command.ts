import { asSandglassError } from '#base/errors.ts';
import { failure, wrapped } from '#cli/command/errors.ts';
import { bool, list, string } from '#cli/urfave/flags.ts';
import {
  ConfigurationFile,
  isOption,
  options,
  pathError,
  readText,
} from '#cli/crictl/configuration.ts';
import type { CrictlContext } from '#cli/crictl/context.ts';
import { type CrictlCall, crictlCommand } from '#cli/crictl/crictl-command.ts';
import { Display } from '#cli/crictl/output/display.ts';

const flags = {
  get: string('Show the option value'),
  list: bool('Show all option value'),
  set: list(
    'Set option (can specify multiple or separate values with commas: opt1=val1,opt2=val2)',
  ),
};

export const configCommand = crictlCommand({
  name: 'config',
  usage: 'Get, set and list crictl configuration options',
  argsUsage: `[<crictl options>]

EXAMPLES:
   # Set the key "debug" to "true"
   crictl config --set debug=true

   # Set the key "debug" to "true"
   crictl config debug true

   # Get the value of "debug"
   crictl config --get debug

   # Show the full configuration
   crictl config --list

CRICTL OPTIONS:
	 runtime-endpoint:	Container Runtime Interface (CRI) runtime endpoint (default: "")
	 image-endpoint:	Container Runtime Interface (CRI) image endpoint (default: "")
	 timeout:	Timeout of connecting to server (default: 2)
	 debug:	Enable debug output (default: false)
	 pull-image-on-create:	Enable pulling image on create requests (default: false)
	 disable-pull-on-run:	Disable pulling image on run requests (default: false)`,
  shortOptions: true,
  flags,
  run: config,
});

async function config({
  context,
  flags: given,
  args,
  isGiven,
  showHelp,
}: CrictlCall<typeof flags>): Promise<void> {
  const file = await openFile(context);
  if (isGiven('get')) {
    const { get } = given;
    if (!isOption(get)) throw failure(`no configuration option named ${get}`);
    return context.out.line(String(file.values[get]));
  }
  if (isGiven('set')) {
    for (const setting of given.set) {
      const [key = '', value, ...rest] = setting.split('=');
      if (value === undefined || rest.length > 0) {
        throw failure(`incorrectly specified option: ${setting}`);
      }
      file.set(key, value);
    }
    return save(context, file);
  }
  if (given.list) return printAll(context, file);
  const [key = '', value = ''] = args;
  if (key === '') return showHelp();
  await context.log.info(
    `No --get, --set or --list provided, setting key "${key}" to value "${value}"`,
  );
  wrapped(`set "${key}" to "${value}"`, () => file.set(key, value));
  await save(context, file);
}

async function printAll({ out }: CrictlContext, file: ConfigurationFile): Promise<void> {
  const display = new Display(out);
  display.addRow(['KEY', 'VALUE']);
  for (const name of options) display.addRow([name, String(file.values[name])]);
  await display.clearScreen();
  await display.flush();
}

/** A file that is not there is made. */
async function openFile(context: CrictlContext): Promise<ConfigurationFile> {
  const { files, globals, signal } = context;
  try {
    await files.stat(globals.config, signal);
  } catch (error) {
    if (asSandglassError(error).errno !== 'ENOENT') throw error;
    await save(context, ConfigurationFile.parse(''));
  }
  return wrapped('load config file', async () =>
    ConfigurationFile.parse(await readText(files, globals.config, signal)),
  );
}

async function save(
  { files, globals: { config: path }, signal }: CrictlContext,
  file: ConfigurationFile,
): Promise<void> {
  const directory = path.slice(0, path.lastIndexOf('/'));
  try {
    if (directory !== '') await files.makeDirectory(directory, { parents: true, signal });
    await files.write(path, file.format(), { mode: 0o644, signal });
  } catch (error) {
    throw pathError('open', path, error);
  }
}
