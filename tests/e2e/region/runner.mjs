// A small test runner: cases run in order, each within a time of its own; the report is JUnit's.
import { writeFileSync } from 'node:fs';

const cases = [];

export function test(name, body, { seconds = 60 } = {}) {
  cases.push({ name, body, seconds });
}

const escape = (text) =>
  text.replace(/[^\t\n\x20-\ufffd]/g, '?').replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;').replace(/"/g, '&quot;');

function within(promise, seconds) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`not done after ${seconds} s`)), seconds * 1000);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

// Runs the cases, then `cleanUp`; ends the process. `killAll` runs last of all, also when the test is told to end.
export async function runAll(suite, cleanUp, killAll = () => {}) {
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP']) {
    process.on(signal, () => {
      console.log(`FAIL  ended by ${signal}`);
      killAll();
      process.exit(1);
    });
  }
  const results = [];
  const one = async (name, body, seconds) => {
    const start = Date.now();
    let failure = '';
    try {
      await within(body(), seconds);
    } catch (error) {
      failure = error.stack ?? String(error);
    }
    const time = (Date.now() - start) / 1000;
    console.log(`${failure ? 'FAIL' : 'ok  '}  ${name} (${time.toFixed(1)} s)${failure ? `\n${failure}` : ''}`);
    results.push({ name, time, failure });
  };
  const wanted = process.env.TESTBRIDGE_TEST_ONLY;
  for (const { name, body, seconds } of cases) {
    if (!wanted || name.includes(wanted)) await one(name, body, seconds);
  }
  await one('leaves nothing behind', cleanUp, 60);
  killAll();
  const xml = results.map(({ name, time, failure }) =>
    `<testcase name="${escape(name)}" classname="${suite}" time="${time}">${
      failure ? `<failure message="failed">${escape(failure)}</failure>` : ''}</testcase>`);
  if (process.env.XML_OUTPUT_FILE) {
    writeFileSync(process.env.XML_OUTPUT_FILE,
      `<?xml version="1.0" encoding="UTF-8"?>\n<testsuite name="${suite}" tests="${results.length}">${xml.join('\n')}</testsuite>\n`);
  }
  process.exit(results.some(({ failure }) => failure) ? 1 : 0);
}
