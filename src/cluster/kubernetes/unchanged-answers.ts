import { type DescMethod, type Message, equals } from '@bufbuild/protobuf';

/** Questions whose last answers are remembered. A kubelet asks a handful of them again and again. */
export const questionsRemembered = 32;

interface Answer {
  message: Message;
  /** Of the record that holds it. */
  record: number;
}

/** The last answers to calls that are about no pod in particular, such as the lists that PLEG asks for each second. */
export class UnchangedAnswers {
  /** By question, the one asked longest ago first. */
  readonly #answers = new Map<string, Answer>();

  /** The record of an equal answer to the same question, if that was the last. */
  since(method: DescMethod, request: unknown, message: Message): number | undefined {
    const key = question(method, request);
    const last = this.#answers.get(key);
    if (!last || !equals(method.output, last.message, message)) return undefined;
    this.#answers.delete(key);
    this.#answers.set(key, last);
    return last.record;
  }

  learn(method: DescMethod, request: unknown, message: Message, record: number): void {
    const key = question(method, request);
    this.#answers.delete(key);
    this.#answers.set(key, { message, record });
    const [oldest] = this.#answers.keys();
    if (this.#answers.size > questionsRemembered && oldest !== undefined)
      this.#answers.delete(oldest);
  }
}

function question(method: DescMethod, request: unknown): string {
  return `${method.name} ${JSON.stringify(request)}`;
}
