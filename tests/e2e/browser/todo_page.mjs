// Uses the todo page at URL in a real browser the way a person would, in English and in Korean.
//
//   node todo_page.mjs URL [--screenshot FILE] [--timeout SECONDS] [--browser FILE] [--host-resolver none|RULES]
//
// Prints a line for each check. The first failure ends it with exit status 1, a message, and a screenshot. Names are
// resolved as the system does it, unless --host-resolver gives Chromium rules of its own.
import { randomBytes } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { launch } from './browser.mjs';
import { Checks, Failure, expect, expectEqual } from './checks.mjs';
import { TodoPage } from './todo_driver.mjs';
import { en, ko } from './todo_texts.mjs';

const USAGE =
  'usage: node todo_page.mjs URL [--screenshot FILE] [--timeout SECONDS] [--browser FILE] [--host-resolver none|RULES]';
const TIMEOUT_DEFAULT_S = 120;

async function checkSigningUp({ checks, todo, url, user }) {
  const { texts } = todo;
  await checks.check(`${texts.lang}: the page loads and offers to sign in`, async () => {
    const answer = await todo.page.goto(url, { waitUntil: 'load' });
    expect(answer?.ok(), `GET ${url} is answered ${answer?.status()}`);
    await todo.button(texts.signIn).first().waitFor();
    expectEqual(await todo.page.getAttribute('html', 'lang'), texts.lang, "the document's language");
  });
  await checks.check(`${texts.lang}: a short password is refused before it is sent`, async () => {
    await todo.chooseSignUp();
    await todo.fillAccount(user.name, 'short');
    await todo.submitAccount(texts.signUp);
    await todo.says(texts.shortPassword);
    expectEqual(todo.lastInstance, '', 'the instance that was asked');
  });
  await checks.check(`${texts.lang}: signs up`, async () => {
    await todo.fillAccount(user.name, user.password);
    await todo.submitAccount(texts.signUp);
    await todo.says(texts.heading);
    await todo.says(texts.empty);
    await todo.says(user.name);
  });
}

async function checkTheList({ checks, todo }) {
  const { texts } = todo;
  await checks.check(`${texts.lang}: adds two todos`, async () => {
    await todo.add('Water the plants');
    await todo.add('Call Jisoo <b>& co.</b>');
    await todo.waitForRows([['Water the plants', false], ['Call Jisoo <b>& co.</b>', false]]);
    await todo.says(texts.left(2));
  });
  await checks.check(`${texts.lang}: completes one`, async () => {
    await todo.checkbox('Water the plants').check();
    await todo.says(texts.left(1));
    await todo.settled();
  });
  await checks.check(`${texts.lang}: names the instance that answered last`, async () => {
    const shown = await todo.page.getByTestId('instance').textContent();
    expect(/^[\w.-]+$/.test(shown), `the page names the instance "${shown}"`);
    expectEqual(shown, todo.lastInstance, 'the instance that the page names');
    const line = (await todo.page.getByRole('contentinfo').textContent()).trim();
    expect(line.startsWith(texts.served), `the page's last line is "${line}"`);
  });
  await checks.check(`${texts.lang}: after a reload the user and the todos are still there`, async () => {
    await todo.page.reload();
    await todo.waitForRows([['Water the plants', true], ['Call Jisoo <b>& co.</b>', false]]);
  });
  await checks.check(`${texts.lang}: edits in place`, async () => {
    await todo.button(texts.edit('Call Jisoo <b>& co.</b>')).click();
    await todo.field(texts.todoText).fill('Call Jisoo');
    await todo.page.keyboard.press('Enter');
    await todo.waitForRows([['Water the plants', true], ['Call Jisoo', false]]);
    await todo.settled();
    await todo.page.reload();
    await todo.waitForRows([['Water the plants', true], ['Call Jisoo', false]]);
  });
  await checks.check(`${texts.lang}: deletes`, async () => {
    await todo.button(texts.remove('Water the plants')).click();
    await todo.waitForRows([['Call Jisoo', false]]);
    await todo.settled();
    await todo.page.reload();
    await todo.waitForRows([['Call Jisoo', false]]);
  });
}

async function checkKeyboard({ checks, todo }) {
  const { texts } = todo;
  const { keyboard } = todo.page;
  await checks.check(`${texts.lang}: by keyboard: the new line has the focus, Enter adds`, async () => {
    await todo.waitForFocus(texts.newTodo);
    await keyboard.type('Read a book');
    await keyboard.press('Enter');
    await todo.waitForRows([['Call Jisoo', false], ['Read a book', false]]);
    await todo.waitForFocus(texts.newTodo);
  });
  await checks.check(`${texts.lang}: by keyboard: Tab and arrows move, Space completes`, async () => {
    await keyboard.press('Shift+Tab');
    await todo.waitForFocus(texts.remove('Read a book'));
    await keyboard.press('Shift+Tab');
    await keyboard.press('Shift+Tab');
    await todo.waitForFocus('Read a book');
    await keyboard.press('ArrowUp');
    await todo.waitForFocus('Call Jisoo');
    await keyboard.press('Space');
    await todo.waitForRows([['Call Jisoo', true], ['Read a book', false]]);
  });
  await checks.check(`${texts.lang}: by keyboard: Escape leaves a todo as it was, Enter saves it`, async () => {
    await keyboard.press('Tab');
    await keyboard.press('Enter');
    await todo.waitForFocus(texts.todoText);
    await keyboard.type(' tomorrow');
    await keyboard.press('Escape');
    await todo.waitForFocus(texts.edit('Call Jisoo'));
    await keyboard.press('Enter');
    await keyboard.type(' today');
    await keyboard.press('Enter');
    await todo.waitForRows([['Call Jisoo today', true], ['Read a book', false]]);
    await todo.waitForFocus(texts.edit('Call Jisoo today'));
  });
  await checks.check(`${texts.lang}: by keyboard: Delete deletes, and the focus moves on`, async () => {
    await keyboard.press('Delete');
    await todo.waitForRows([['Read a book', false]]);
    await todo.waitForFocus('Read a book');
    await todo.settled();
  });
}

async function checkFailures({ checks, todo }) {
  const { texts, page } = todo;
  await checks.check(`${texts.lang}: a change that fails is taken back, and can be repeated`, async () => {
    await page.route('**/todo/*', (route) => route.abort('connectionreset'));
    await todo.checkbox('Read a book').click();
    await page.getByRole('alert').getByText(texts.completeFailed).waitFor();
    await todo.waitForRows([['Read a book', false]]);
    await page.unroute('**/todo/*');
    await todo.button(texts.retry).click();
    await todo.waitForRows([['Read a book', true]]);
    await todo.says(texts.allDone);
    await todo.settled();
  });
  await checks.check(`${texts.lang}: a session that has ended leads back to signing in`, async () => {
    await page.evaluate(() => {
      const session = JSON.parse(localStorage.getItem('todo.session'));
      localStorage.setItem('todo.session', JSON.stringify({ ...session, token: 'A'.repeat(43) }));
    });
    await page.reload();
    await todo.says(texts.expired);
  });
}

async function checkSigningIn({ checks, todo, user }) {
  const { texts } = todo;
  await checks.check(`${texts.lang}: a wrong password is refused with a message`, async () => {
    await todo.signIn(user.name, `${user.password}-not`);
    await todo.announces(texts.wrongPassword);
  });
  await checks.check(`${texts.lang}: a name that is taken is refused with a message`, async () => {
    await todo.chooseSignUp();
    await todo.fillAccount(user.name, user.password);
    await todo.submitAccount(texts.signUp);
    await todo.announces(texts.taken);
  });
  await checks.check(`${texts.lang}: signs in, and finds everything as it was`, async () => {
    await todo.page.reload();
    await todo.signIn(user.name, user.password);
    await todo.waitForRows([['Read a book', true]]);
  });
}

async function checkSigningOut({ checks, todo }) {
  const { texts } = todo;
  await checks.check(`${texts.lang}: signs out`, async () => {
    await todo.button(texts.signOut).click();
    await todo.field(texts.username).waitFor();
    await todo.settled();
    await todo.page.reload();
    await todo.field(texts.username).waitFor();
  });
}

// Everything in English, by a new user.
async function runEnglish(scene) {
  await checkSigningUp(scene);
  await checkTheList(scene);
  await checkKeyboard(scene);
  await checkFailures(scene);
  await checkSigningIn(scene);
  if (scene.screenshot) await scene.todo.page.screenshot({ path: scene.screenshot });
  await checkSigningOut(scene);
}

// The same user comes back in Korean.
async function runKorean(scene) {
  const { checks, todo, url } = scene;
  const { texts } = todo;
  await checks.check('ko: the page speaks Korean', async () => {
    await todo.page.goto(url, { waitUntil: 'load' });
    await todo.button(texts.signIn).first().waitFor();
    expectEqual(await todo.page.getAttribute('html', 'lang'), texts.lang, "the document's language");
    expectEqual(await todo.page.title(), '할 일', 'the title');
  });
  await checkSigningIn(scene);
  await checks.check('ko: adds and deletes', async () => {
    await todo.says(texts.heading);
    await todo.says(texts.allDone);
    await todo.add('우유 사기');
    await todo.says(texts.left(1));
    await todo.button(texts.remove('우유 사기')).click();
    await todo.waitForRows([['Read a book', true]]);
  });
  await checkSigningOut(scene);
}

async function inContext(browser, options, texts, run) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, ...options });
  const page = await context.newPage();
  const todo = new TodoPage(page, texts);
  await run(todo, page);
  await context.close();
}

function parseCommandLine() {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      screenshot: { type: 'string' },
      timeout: { type: 'string', default: String(TIMEOUT_DEFAULT_S) },
      browser: { type: 'string', default: '/usr/bin/chromium' },
      'host-resolver': { type: 'string', default: 'none' },
    },
  });
  const timeoutS = Number(values.timeout);
  if (positionals.length !== 1 || !/^https?:\/\//.test(positionals[0]) || !(timeoutS > 0)) throw new Failure(USAGE);
  return { url: positionals[0], timeoutMs: timeoutS * 1000, ...values };
}

async function main() {
  const options = parseCommandLine();
  const checks = new Checks(options.timeoutMs);
  const user = { name: `mina-${randomBytes(6).toString('hex')}`, password: randomBytes(12).toString('base64url') };
  const browser = await launch({ executable: options.browser, hostResolver: options['host-resolver'] });
  let page;
  try {
    for (const [texts, locale, run] of [[en, 'en-US', runEnglish], [ko, 'ko-KR', runKorean]]) {
      await inContext(browser, { locale }, texts, async (todo, opened) => {
        page = opened;
        await run({ checks, todo, url: options.url, user, screenshot: options.screenshot });
        await checks.check(`${texts.lang}: no script failed, and nothing broke the content security policy`, async () =>
          expectEqual(todo.errors, [], 'what the browser complained of'));
      });
    }
    console.log(`${checks.passed} checks passed`);
  } catch (error) {
    const file = options.screenshot ?? join(tmpdir(), `todo_page_failure_${process.pid}.png`);
    const taken = await page?.screenshot({ path: file, timeout: 5_000 }).then(() => true, () => false);
    console.log(`FAIL  ${error.check ?? 'the browser'}: ${error.message}`);
    if (taken) console.log(`      screenshot: ${file}`);
    process.exitCode = 1;
  } finally {
    // A browser that hangs must not hold this up.
    await Promise.race([browser.close(), new Promise((resolve) => setTimeout(resolve, 5_000))]);
  }
}

main().then(
  () => process.exit(),
  (error) => {
    console.error(error.message);
    process.exit(2);
  },
);
