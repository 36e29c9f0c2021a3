import { asSandglassError } from '#base/errors.ts';
import { quote } from '#kube/go-text.ts';
import { failure } from '#cli/command/errors.ts';
import { GoTemplate } from '#cli/go-template/go-template.ts';
import type { ObjectPrinter } from './printer.ts';

/** cli-runtime, pkg/printers/template.go */
export function goTemplatePrinter(text: string, allowMissingKeys: boolean): ObjectPrinter {
  let template: GoTemplate;
  try {
    template = new GoTemplate(text, { allowMissingKeys });
  } catch (error) {
    throw failure(`error parsing template ${text}, ${asSandglassError(error).message}`);
  }
  return {
    print(object) {
      try {
        return template.execute(object);
      } catch (error) {
        const why = asSandglassError(error).message;
        throw failure(`error executing template ${quote(text)}: ${why}`);
      }
    },
  };
}
