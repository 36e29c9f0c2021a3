import { asSandglassError } from '#base/errors.ts';
import { failure } from '#cli/command/errors.ts';
import { GoTemplate } from '#cli/go-template/go-template.ts';
import { goText } from '#cli/text/go-value.ts';
import { formatJson } from '#cli/text/json.ts';

const functions = {
  json: (value: unknown) => `${formatJson(value)}\n`,
  title: (value: unknown) => goText(value).replaceAll(/(?<![\p{L}\p{N}'])\p{L}/gu, upper),
  lower: (value: unknown) => goText(value).toLowerCase(),
  upper: (value: unknown) => goText(value).toUpperCase(),
};

function upper(letter: string): string {
  return letter.toUpperCase();
}

/** Throws `invalid-argument` for what is no template (crictl, templates.go). */
export function parseTemplate(text: string): GoTemplate {
  return new GoTemplate(text, { allowMissingKeys: false, functions });
}

/** What a template makes of data; what the data does not have is an error. */
export function executeTemplate(text: string, data: unknown): string {
  let template: GoTemplate;
  try {
    template = parseTemplate(text);
  } catch (error) {
    throw failure(`failed to generate go-template: ${asSandglassError(error).message}`);
  }
  try {
    return template.execute(data);
  } catch (error) {
    throw failure(`failed to template data: ${asSandglassError(error).message}`);
  }
}
