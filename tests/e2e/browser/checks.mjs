// A run of checks: one line each, and an end at the first failure, or when the time is up.

export class Failure extends Error {}

export function expect(condition, message) {
  if (!condition) throw new Failure(message);
}

export function expectEqual(actual, expected, what) {
  const [a, b] = [JSON.stringify(actual), JSON.stringify(expected)];
  expect(a === b, `${what} is ${a}, not ${b}`);
}

// Waits until `probe` returns something true, and returns it. What to wait for is the page's business (an answer, a
// repaint), so there is nothing to subscribe to; `what` says what never came.
export async function eventually(probe, what, timeoutMs = 10_000) {
  const end = Date.now() + timeoutMs;
  let last;
  for (;;) {
    last = await probe();
    if (last) return last;
    expect(Date.now() < end, `${what} within ${timeoutMs / 1000} s`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

export class Checks {
  #passed = 0;
  #end;

  constructor(timeoutMs) {
    this.#end = Date.now() + timeoutMs;
  }

  get passed() {
    return this.#passed;
  }

  async check(name, body) {
    const started = Date.now();
    let timer;
    const late = new Promise((_, reject) => {
      timer = setTimeout(() => reject(new Failure('the time for all checks is up')), Math.max(0, this.#end - started));
    });
    try {
      await Promise.race([body(), late]);
    } catch (error) {
      error.check = name;
      throw error;
    } finally {
      clearTimeout(timer);
    }
    this.#passed++;
    console.log(`ok    ${name} (${Date.now() - started} ms)`);
  }
}
