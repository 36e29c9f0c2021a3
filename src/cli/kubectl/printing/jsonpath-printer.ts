import { asSandglassError } from '#base/errors.ts';
import { quote } from '#kube/go-text.ts';
import { failure } from '#cli/command/errors.ts';
import { JsonPath, type JsonPathOptions } from '#cli/jsonpath/jsonpath.ts';
import { goText } from '#cli/text/go-value.ts';
import type { ObjectPrinter } from './printer.ts';

/** cli-runtime, pkg/printers/jsonpath.go */
export function jsonPathPrinter(template: string, options: JsonPathOptions): ObjectPrinter {
  let path: JsonPath;
  try {
    path = new JsonPath(template, options);
  } catch (error) {
    throw failure(`error parsing jsonpath ${template}, ${asSandglassError(error).message}`);
  }
  return {
    print(object) {
      try {
        return path.print(object);
      } catch (error) {
        const details = [
          `Error executing template: ${asSandglassError(error).message}. Printing more information for debugging the template:`,
          `\ttemplate was:\n\t\t${template}`,
          `\tobject given to jsonpath engine was:\n\t\t${goText(object)}\n\n`,
        ].join('\n');
        throw failure(`error executing jsonpath ${quote(template)}: ${details}\n`);
      }
    },
  };
}

/** `name`, `.name`, `{name}` and `{.name}` are all `{.name}` (kubectl, pkg/cmd/get/customcolumn.go). */
export function relaxedJsonPath(expression: string): string {
  if (expression === '') return '';
  const match = /^\{\.?([^{}]+)\}$|^\.?([^{}]+)$/.exec(expression);
  if (!match) {
    throw failure(
      "unexpected path string, expected a 'name1.name2' or '.name1.name2' or '{name1.name2}' or '{.name1.name2}'",
    );
  }
  return `{.${match[1] ?? match[2] ?? ''}}`;
}
