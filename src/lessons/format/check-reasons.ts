import ts from 'typescript';
import { type Lesson, checksOf } from '#lessons/lesson.ts';
import { contentError } from './content-error.ts';

/** A reason as it is written in a `checks.ts`. */
export interface WrittenReason {
  step: string;
  check: string;
  reason: string;
  line: number;
}

/** Throws a content error for the first reason in the source of a lesson's `checks.ts` that its step has no words for. */
export function matchReasons(lesson: Lesson, source: string): void {
  for (const { step: slug, check, reason, line } of reasonsIn(source)) {
    const step = lesson.steps.find((each) => each.slug === slug);
    const words = step && checksOf(step).find(({ id }) => id === check);
    if (!words || Object.hasOwn(words.missing, reason)) continue;
    const place = { file: `en/${lesson.folder}/checks.ts`, line };
    throw contentError(
      place,
      `The step ${slug} has no words for the reason ${reason} of its check ${check}.`,
    );
  }
}

/**
 * The reasons that checks give in so many words: what they return, and what the functions of the same file return whose
 * answers they pass on. One that is put together as the check runs is not found; the tests, which play every lesson, see it.
 */
export function reasonsIn(source: string): readonly WrittenReason[] {
  return new CheckReader(source).read();
}

class CheckReader {
  readonly #file: ts.SourceFile;
  readonly #found: WrittenReason[] = [];
  #step = '';
  #check = '';
  /** Functions that are being read, for those that call themselves. */
  readonly #reading = new Set<ts.Node>();

  constructor(source: string) {
    this.#file = ts.createSourceFile('checks.ts', source, ts.ScriptTarget.Latest, true);
  }

  read(): readonly WrittenReason[] {
    const exported = this.#file.statements.find(ts.isExportAssignment);
    if (!exported) return [];
    for (const [step, checks] of membersOf(bare(exported.expression))) {
      for (const [check, written] of membersOf(bare(checks))) {
        [this.#step, this.#check] = [step, check];
        this.#readFunction(written);
      }
    }
    return this.#found;
  }

  /** Whatever a function returns. */
  #readFunction(node: ts.Node): void {
    const written = ts.isIdentifier(node) ? this.#meaningOf(node) : node;
    if (!written || !ts.isFunctionLike(written) || this.#reading.has(written)) return;
    const body = 'body' in written ? written.body : undefined;
    if (!body) return;
    this.#reading.add(written);
    if (ts.isBlock(body)) returnsIn(body).forEach((returned) => this.#readVerdict(returned));
    else this.#readVerdict(body);
    this.#reading.delete(written);
  }

  #readVerdict(node: ts.Expression): void {
    const expression = bare(node);
    if (ts.isStringLiteralLike(expression)) {
      this.#add(expression);
    } else if (ts.isConditionalExpression(expression)) {
      this.#readVerdict(expression.whenTrue);
      this.#readVerdict(expression.whenFalse);
    } else if (ts.isBinaryExpression(expression)) {
      const { operatorToken, left, right } = expression;
      if (!givesOperand.has(operatorToken.kind)) return;
      if (operatorToken.kind !== ts.SyntaxKind.AmpersandAmpersandToken) this.#readVerdict(left);
      this.#readVerdict(right);
    } else if (ts.isObjectLiteralExpression(expression)) {
      const reason = membersOf(expression).find(([name]) => name === 'reason')?.[1];
      if (reason && ts.isExpression(reason)) this.#readVerdict(reason);
    } else if (ts.isCallExpression(expression)) {
      if (ts.isIdentifier(expression.expression)) this.#readFunction(expression.expression);
    } else if (ts.isIdentifier(expression)) {
      const meaning = this.#meaningOf(expression);
      if (meaning && ts.isExpression(meaning)) this.#readVerdict(meaning);
    }
  }

  /** What a name stands for: a function, or the value of a constant, of the nearest block that has it. */
  #meaningOf({ text, parent }: ts.Identifier): ts.Node | undefined {
    for (let around: ts.Node = parent; ; around = around.parent) {
      if (ts.isBlock(around) || ts.isSourceFile(around)) {
        const meaning = around.statements.map((each) => meaningIn(each, text)).find(Boolean);
        if (meaning) return meaning;
      }
      if (ts.isSourceFile(around)) return undefined;
    }
  }

  #add(literal: ts.StringLiteralLike): void {
    const { line } = this.#file.getLineAndCharacterOfPosition(literal.getStart());
    const [step, check] = [this.#step, this.#check];
    this.#found.push({ step, check, reason: literal.text, line: line + 1 });
  }
}

/** Operators whose result is one of their operands. */
const givesOperand: ReadonlySet<ts.SyntaxKind> = new Set([
  ts.SyntaxKind.BarBarToken,
  ts.SyntaxKind.AmpersandAmpersandToken,
  ts.SyntaxKind.QuestionQuestionToken,
]);

function meaningIn(statement: ts.Statement, name: string): ts.Node | undefined {
  if (ts.isFunctionDeclaration(statement)) {
    return statement.name?.text === name ? statement : undefined;
  }
  if (!ts.isVariableStatement(statement)) return undefined;
  return statement.declarationList.declarations.find(
    (declaration) => ts.isIdentifier(declaration.name) && declaration.name.text === name,
  )?.initializer;
}

type Member = readonly [name: string, value: ts.Node];

/** The properties of an object literal by their names. */
function membersOf(node: ts.Node): Member[] {
  if (!ts.isObjectLiteralExpression(node)) return [];
  return node.properties.flatMap((property): Member[] => {
    const { name } = property;
    if (!name || !(ts.isIdentifier(name) || ts.isStringLiteralLike(name))) return [];
    if (ts.isPropertyAssignment(property)) return [[name.text, bare(property.initializer)]];
    if (ts.isMethodDeclaration(property)) return [[name.text, property]];
    return ts.isShorthandPropertyAssignment(property) ? [[name.text, property.name]] : [];
  });
}

/** Without what changes no value: parentheses, await, and what is said to the compiler. */
function bare(node: ts.Expression | ts.Node): ts.Expression {
  let inner = node as ts.Expression;
  while (
    ts.isParenthesizedExpression(inner) ||
    ts.isAwaitExpression(inner) ||
    ts.isSatisfiesExpression(inner) ||
    ts.isAsExpression(inner) ||
    ts.isNonNullExpression(inner)
  ) {
    inner = inner.expression;
  }
  return inner;
}

/** What a block returns, without the functions in it. */
function returnsIn(block: ts.Node): ts.Expression[] {
  const found: ts.Expression[] = [];
  ts.forEachChild(block, function visit(node) {
    if (ts.isFunctionLike(node)) return;
    if (ts.isReturnStatement(node) && node.expression) found.push(node.expression);
    ts.forEachChild(node, visit);
  });
  return found;
}
