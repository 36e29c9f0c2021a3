/**
 * Rules for names and other short texts, each answering with what is wrong, in upstream's words
 * (apimachinery, pkg/util/validation/validation.go and pkg/api/validate/content/).
 */
type Problems = string[];

const dns1123Label = '[a-z0-9]([-a-z0-9]*[a-z0-9])?';
const dns1123Subdomain = `${dns1123Label}(\\.${dns1123Label})*`;
const dns1035Label = '[a-z]([-a-z0-9]*[a-z0-9])?';
const labelKey = '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]';
const labelValue = `(${labelKey})?`;
const configMapKey = '[-._a-zA-Z0-9]+';
const httpHeaderName = '[-A-Za-z0-9]+';

const patterns = {
  dns1123Label: whole(dns1123Label),
  dns1123Subdomain: whole(dns1123Subdomain),
  dns1035Label: whole(dns1035Label),
  labelKey: whole(labelKey),
  labelValue: whole(labelValue),
  configMapKey: whole(configMapKey),
  httpHeaderName: whole(httpHeaderName),
};

function whole(pattern: string): RegExp {
  return new RegExp(`^${pattern}$`);
}

const encoder = new TextEncoder();

/** Length as Go's len() counts: in bytes of UTF-8. */
export function byteLength(text: string): number {
  return encoder.encode(text).length;
}

function maxLength(length: number): string {
  return `must be no more than ${length} characters`;
}

function maxBytes(length: number): string {
  return `must be no more than ${length} bytes`;
}

export function rangeError(low: number, high: number): string {
  return `must be between ${low} and ${high}, inclusive`;
}

export function patternError(
  message: string,
  pattern: string,
  ...examples: readonly string[]
): string {
  const used = `regex used for validation is '${pattern}'`;
  if (examples.length === 0) return `${message} (${used})`;
  return `${message} (e.g. ${examples.map((example) => `'${example}'`).join(',  or ')}, ${used})`;
}

export function isDNS1123Label(value: string): Problems {
  const problems: Problems = [];
  if (byteLength(value) > 63) problems.push(maxLength(63));
  if (!patterns.dns1123Label.test(value)) {
    problems.push(
      patterns.dns1123Subdomain.test(value)
        ? 'must not contain dots'
        : patternError(
            "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character",
            dns1123Label,
            'my-name',
            '123-abc',
          ),
    );
  }
  return problems;
}

export function isDNS1123Subdomain(value: string): Problems {
  const problems: Problems = [];
  if (byteLength(value) > 253) problems.push(maxLength(253));
  if (!patterns.dns1123Subdomain.test(value)) {
    problems.push(
      patternError(
        "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character",
        dns1123Subdomain,
        'example.com',
      ),
    );
  }
  return problems;
}

export function isDNS1035Label(value: string): Problems {
  const problems: Problems = [];
  if (byteLength(value) > 63) problems.push(maxLength(63));
  if (!patterns.dns1035Label.test(value)) {
    problems.push(
      patternError(
        "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character",
        dns1035Label,
        'my-name',
        'abc-123',
      ),
    );
  }
  return problems;
}

const labelKeyMessage =
  "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character";
const labelKeyExamples = ['MyName', 'my.name', '123-abc'];

/** A label's key, an annotation's, a finalizer, a resource name: `[prefix/]name`. */
export function isQualifiedName(value: string): Problems {
  const parts = value.split('/');
  const [prefix, name] = parts.length === 2 ? parts : [undefined, parts[0]];
  if (parts.length > 2) {
    const body = patternError(labelKeyMessage, labelKey, ...labelKeyExamples);
    return [
      `a valid label key ${body} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')`,
    ];
  }
  const problems: Problems = [];
  if (prefix === '') problems.push('prefix part must be non-empty');
  else if (prefix !== undefined) {
    problems.push(...isDNS1123Subdomain(prefix).map((problem) => `prefix part ${problem}`));
  }
  return [...problems, ...namePartProblems(name ?? '')];
}

function namePartProblems(name: string): Problems {
  const problems: Problems = [];
  if (name === '') problems.push('name part must be non-empty');
  else if (byteLength(name) > 63) problems.push(`name part ${maxBytes(63)}`);
  if (!patterns.labelKey.test(name)) {
    problems.push(`name part ${patternError(labelKeyMessage, labelKey, ...labelKeyExamples)}`);
  }
  return problems;
}

export function isLabelValue(value: string): Problems {
  const problems: Problems = [];
  if (byteLength(value) > 63) problems.push(maxBytes(63));
  if (!patterns.labelValue.test(value)) {
    problems.push(
      patternError(
        "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character",
        labelValue,
        'MyValue',
        'my_value',
        '12345',
      ),
    );
  }
  return problems;
}

/** Any printable ASCII but `=`, since the relaxed rule became general in 1.34. */
export function isEnvVarName(value: string): Problems {
  if (value === '') return ['environment variable name must be non-empty'];
  return /^[ -<>-~]+$/.test(value)
    ? []
    : [
        "a valid environment variable name must consist only of printable ASCII characters other than '='",
      ];
}

export function isConfigMapKey(value: string): Problems {
  const problems: Problems = [];
  if (byteLength(value) > 253) problems.push(maxLength(253));
  if (!patterns.configMapKey.test(value)) {
    problems.push(
      patternError(
        "a valid config key must consist of alphanumeric characters, '-', '_' or '.'",
        configMapKey,
        'key.name',
        'KEY_NAME',
        'key-name',
      ),
    );
  }
  return [...problems, ...leavesFolder(value)];
}

function leavesFolder(value: string): Problems {
  if (value === '.') return ["must not be '.'"];
  if (value === '..') return ["must not be '..'"];
  return value.startsWith('..') ? ["must not start with '..'"] : [];
}

export function isHTTPHeaderName(value: string): Problems {
  if (patterns.httpHeaderName.test(value)) return [];
  return [
    patternError(
      "a valid HTTP header must consist of alphanumeric characters or '-'",
      httpHeaderName,
      'X-Header-Name',
    ),
  ];
}

export function isPortNumber(port: number): Problems {
  return isInRange(port, 1, 65_535);
}

export function isInRange(value: number, low: number, high: number): Problems {
  return value >= low && value <= high ? [] : [rangeError(low, high)];
}

const maxInt32 = 2_147_483_647;

export function isUserId(id: number): Problems {
  return isInRange(id, 0, maxInt32);
}

export function isPortName(port: string): Problems {
  const problems: Problems = [];
  if (port.length > 15) problems.push(maxLength(15));
  if (!/^[-a-z0-9]+$/.test(port)) {
    problems.push('must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)');
  }
  if (!/[a-z]/.test(port)) problems.push('must contain at least one letter (a-z)');
  if (port.includes('--')) problems.push('must not contain consecutive hyphens');
  if (port.startsWith('-') || port.endsWith('-')) {
    problems.push('must not begin or end with a hyphen');
  }
  return problems;
}

/** What no object's name may be, since it is a segment of a URL's path. */
export function isPathSegmentName(name: string): Problems {
  if (name === '.' || name === '..') return [`may not be '${name}'`];
  return ['/', '%']
    .filter((part) => name.includes(part))
    .map((part) => `may not contain '${part}'`);
}

/** What `generateName` may be of: the generated suffix stands in for the last character. */
export function maskTrailingDash(prefix: string): string {
  return prefix.length > 1 && prefix.endsWith('-') ? `${prefix.slice(0, -2)}a` : prefix;
}
