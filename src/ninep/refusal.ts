/** How a request is answered with Rlerror: its errno. Never leaves the server. */
export class Refusal extends Error {
  readonly errno: number;

  constructor(number: number) {
    super(`errno ${number}`);
    this.errno = number;
  }
}
