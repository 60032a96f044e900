// The todo page as its user sees it: found by roles, names and texts only, as a screen reader would.
import { Failure, eventually } from './checks.mjs';

const API = /\/(auth|todo)(\/|\?|$)/;
const ACTION_TIMEOUT_MS = 10_000;

export class TodoPage {
  // What went wrong in the page: scripts that threw, and what its Content-Security-Policy refused.
  errors = [];
  // Of the last answer of the API.
  lastInstance = '';

  constructor(page, texts) {
    this.page = page;
    this.texts = texts;
    page.setDefaultTimeout(ACTION_TIMEOUT_MS);
    page.on('pageerror', (error) => this.errors.push(error.message));
    page.on('console', (message) => {
      // Chromium reports every answer of 400 and above; the checks provoke some.
      if (message.type() === 'error' && !message.text().startsWith('Failed to load resource')) {
        this.errors.push(message.text());
      }
    });
    page.on('response', (response) => {
      const url = new URL(response.url());
      // The page itself may be at /todo, as the API is.
      const isApi = API.test(url.pathname + url.search) && !response.request().isNavigationRequest();
      if (isApi) this.lastInstance = response.headers()['x-instance-id'] ?? '';
    });
  }

  button(name) {
    return this.page.getByRole('button', { name, exact: true });
  }

  field(name) {
    return this.page.getByLabel(name, { exact: true });
  }

  get composer() {
    return this.field(this.texts.newTodo);
  }

  checkbox(title) {
    return this.page.getByRole('checkbox', { name: title, exact: true });
  }

  async says(text, what = 'page') {
    try {
      await this.page.getByText(text, { exact: true }).first().waitFor({ state: 'visible' });
    } catch {
      const seen = await this.page.locator('body').innerText();
      throw new Failure(`the ${what} does not say "${text}"; it says: ${seen.replace(/\s+/g, ' ').slice(0, 400)}`);
    }
  }

  // In a live region or an alert, where a screen reader hears it.
  async announces(text) {
    const region = this.page.locator('[role=status], [role=alert]').getByText(text, { exact: true });
    await region.first().waitFor({ state: 'attached' });
  }

  async fillAccount(username, password) {
    await this.field(this.texts.username).fill(username);
    await this.page.locator('input[name=password]').fill(password);
  }

  // The form has two modes; the button that switches stands after it.
  async chooseSignUp() {
    await this.page.locator('form + p').getByRole('button', { name: this.texts.signUp }).click();
  }

  async submitAccount(name) {
    await this.page.locator('form').getByRole('button', { name, exact: true }).click();
  }

  async signIn(username, password) {
    await this.fillAccount(username, password);
    await this.submitAccount(this.texts.signIn);
  }

  async add(title) {
    await this.composer.fill(title);
    await this.button(this.texts.add).click();
    await this.announces(this.texts.added(title));
  }

  // [title, done] of every row, top to bottom.
  async rows() {
    return this.page
      .getByRole('list')
      .getByRole('checkbox')
      .evaluateAll((boxes) => boxes.map((box) => [box.getAttribute('aria-label'), box.checked]));
  }

  async waitForRows(expected) {
    const wanted = JSON.stringify(expected);
    let seen;
    try {
      await eventually(async () => (seen = JSON.stringify(await this.rows())) === wanted, '');
    } catch {
      throw new Failure(`the rows are ${seen}, not ${wanted}`);
    }
  }

  // The accessible name of what has the focus.
  async focused() {
    return this.page.evaluate(() => {
      const element = document.activeElement;
      return element?.getAttribute('aria-label') ?? element?.textContent ?? '';
    });
  }

  async waitForFocus(name) {
    let seen;
    try {
      await eventually(async () => (seen = await this.focused()) === name, '', 5_000);
    } catch {
      throw new Failure(`the focus is on "${seen}", not on "${name}"`);
    }
  }

  // Until every answer that is under way has come.
  async settled() {
    await this.page.waitForLoadState('networkidle');
  }
}
