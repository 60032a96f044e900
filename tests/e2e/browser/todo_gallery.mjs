// Takes pictures of the todo page in its states, languages, themes and widths, for people to look at.
//
//   node todo_gallery.mjs URL DIR [NAME…]      NAME: a part of a picture's name, to take only those
import { randomBytes } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { launch } from './browser.mjs';
import { TodoPage } from './todo_driver.mjs';
import { en, ko } from './todo_texts.mjs';

const SIZES = {
  narrow: { viewport: { width: 360, height: 740 }, hasTouch: true, isMobile: true, deviceScaleFactor: 2 },
  wide: { viewport: { width: 1280, height: 820 } },
};

const TITLES = {
  en: [
    'Water the plants on the balcony',
    'Book the dentist',
    'Read the paper on consistent hashing, and write down what it says about bounded loads before Thursday’s meeting',
    'Buy oranges',
    'Call mum',
  ],
  ko: [
    '베란다 화분에 물 주기',
    '치과 예약하기',
    '목요일 회의 전까지 일관된 해싱 논문을 읽고 부하 제한에 관한 내용을 정리해서 팀에 공유하기',
    '귤 사기',
    '엄마에게 전화하기',
  ],
};

async function signUp(todo, name) {
  await todo.chooseSignUp();
  await todo.fillAccount(name, 'a long password');
  await todo.submitAccount(todo.texts.signUp);
  await todo.composer.waitFor();
}

async function fill(todo) {
  const titles = TITLES[todo.texts.lang];
  for (const title of titles) await todo.add(title);
  await todo.checkbox(titles[0]).click();
  await todo.checkbox(titles[3]).click();
  await todo.settled();
}

const failing = (status, code) => (route) =>
  route.fulfill({ status, contentType: 'application/json', body: JSON.stringify({ error: { code, message: '' } }) });

// What to do to get to each state, starting where the one before it ended.
const STATES = {
  'sign-in': async () => {},
  'sign-up-wrong': async (todo) => {
    await todo.chooseSignUp();
    await todo.submitAccount(todo.texts.signUp);
  },
  'sign-in-wrong': async (todo) => {
    await todo.page.reload();
    await todo.signIn('mina', 'not the password');
    await todo.announces(todo.texts.wrongPassword);
  },
  empty: async (todo) => {
    await todo.page.reload();
    await signUp(todo, `mina-${randomBytes(3).toString('hex')}`);
    await todo.says(todo.texts.empty);
  },
  list: fill,
  hover: async (todo) => todo.button(todo.texts.edit(TITLES[todo.texts.lang][1])).hover(),
  'keyboard-focus': async (todo) => {
    await todo.composer.focus();
    for (let i = 0; i < 5; i++) await todo.page.keyboard.press('Shift+Tab');
  },
  editing: async (todo) => todo.button(todo.texts.edit(TITLES[todo.texts.lang][2])).click(),
  'row-failed': async (todo) => {
    await todo.page.keyboard.press('Escape');
    await todo.page.route('**/todo/*', failing(409, 'ABORTED'));
    await todo.page.route('**/todo', failing(502, 'UNKNOWN'));
    await todo.checkbox(TITLES[todo.texts.lang][1]).click();
    await todo.composer.fill(TITLES[todo.texts.lang][3]);
    await todo.composer.press('Enter');
    await todo.page.getByRole('alert').nth(1).waitFor();
    await todo.page.unroute('**/todo/*');
    await todo.page.unroute('**/todo');
  },
  loading: async (todo) => {
    await todo.page.route('**/todo?*', () => {});
    await todo.page.reload();
  },
  'load-failed': async (todo) => {
    await todo.page.unroute('**/todo?*');
    await todo.page.route('**/todo?*', failing(429, 'RESOURCE_EXHAUSTED'));
    await todo.page.reload();
    await todo.button(todo.texts.retry).waitFor();
  },
  long: async (todo) => {
    await todo.page.unroute('**/todo?*');
    await todo.page.reload();
    await todo.composer.waitFor();
    for (let i = 1; i <= 60; i++) await todo.add(`${TITLES[todo.texts.lang][1]} ${i}`);
    await todo.page.route('**/todo?*pageToken*', failing(429, 'RESOURCE_EXHAUSTED'));
    await todo.page.reload();
    await todo.checkbox(TITLES[todo.texts.lang][1]).waitFor();
  },
  'long-end': async (todo) => {
    await todo.page.evaluate(() => window.scrollTo(0, document.body.scrollHeight));
    await todo.button(todo.texts.retry).waitFor();
    await todo.page.evaluate(() => window.scrollTo(0, document.body.scrollHeight));
  },
  expired: async (todo) => {
    await todo.page.unroute('**/todo?*pageToken*');
    await todo.page.route('**/todo?*', failing(401, 'UNAUTHENTICATED'));
    await todo.page.reload();
    await todo.says(todo.texts.expired);
  },
};

async function walk(browser, url, directory, { texts, locale, theme, size, wanted }) {
  const context = await browser.newContext({ locale, colorScheme: theme, reducedMotion: 'reduce', ...SIZES[size] });
  const todo = new TodoPage(await context.newPage(), texts);
  await todo.page.goto(url);
  for (const [state, reach] of Object.entries(STATES)) {
    const name = [state, texts.lang, theme, size].join('-');
    await reach(todo);
    // What fades in late (grey lines, a slow save) is to be seen as well.
    await todo.page.waitForTimeout(350);
    if (wanted.length === 0 || wanted.some((part) => name.includes(part))) {
      await todo.page.screenshot({ path: join(directory, `${name}.png`) });
    }
  }
  await context.close();
}

const [url, directory, ...wanted] = process.argv.slice(2);
if (!url || !directory) {
  console.error('usage: node todo_gallery.mjs URL DIR [NAME…]');
  process.exit(2);
}
mkdirSync(directory, { recursive: true });
const browser = await launch();
for (const [texts, locale] of [[en, 'en-US'], [ko, 'ko-KR']]) {
  for (const theme of ['light', 'dark']) {
    for (const size of Object.keys(SIZES)) await walk(browser, url, directory, { texts, locale, theme, size, wanted });
  }
}
await browser.close();
