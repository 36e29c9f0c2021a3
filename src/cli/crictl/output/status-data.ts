import { quote } from '#kube/go-text.ts';
import { asSandglassError } from '#base/errors.ts';
import { failure, wrapped } from '#cli/command/errors.ts';
import type { TextOutput } from '#cli/text/io.ts';
import { compareText, formatJson, isObject } from '#cli/text/json.ts';
import { formatYaml } from '#cli/text/yaml.ts';
import { executeTemplate } from './template.ts';

/** What an inspection found of one thing. */
export interface StatusData {
  status: Record<string, unknown>;
  runtimeHandlers?: readonly unknown[];
  features?: Record<string, unknown>;
  /** What a verbose answer tells besides; texts that may be JSON. */
  info?: Readonly<Record<string, string>>;
}

/** Prints what was found; one thing stands alone, several in a list (crictl, util.go, outputStatusData). */
export async function printStatusData(
  out: TextOutput,
  statuses: readonly StatusData[],
  format: string,
  template: string,
): Promise<void> {
  if (statuses.length === 0) return;
  const results = statuses.map(resultOf);
  const result = results.length === 1 ? results[0] : results;
  switch (format) {
    case 'yaml':
      await out.line(formatYaml(result));
      break;
    case 'json':
      await out.line(formatJson(result, { indent: '  ' }));
      break;
    case 'go-template':
      await out.line(wrapped('execute template', () => executeTemplate(template, result)));
      break;
    default:
      throw failure(`unsupported format: ${quote(format)}`);
  }
}

function resultOf({ status, runtimeHandlers, features, info = {} }: StatusData) {
  const result: Record<string, unknown> = { status };
  if (runtimeHandlers) result['runtimeHandlers'] = runtimeHandlers;
  if (features) result['features'] = features;
  for (const key of Object.keys(info).sort(compareText)) result[key] = infoValue(info[key] ?? '');
  return result;
}

/** An object in JSON, or a text without its quotes. */
function infoValue(text: string): unknown {
  if (!text.startsWith('{')) return text.replaceAll(/^"+|"+$/g, '');
  try {
    const value: unknown = JSON.parse(text);
    if (isObject(value)) return value;
    throw failure('no object');
  } catch (error) {
    throw failure(`unmarshal status info JSON: ${asSandglassError(error).message}`);
  }
}
