import { describe, expect, it } from 'vitest';
import { checkNewPassword, checkPassword, checkTitle, checkUsername } from '../src/rules';

describe('rules', () => {
  it.each([
    ['', 'username.missing'],
    ['a', null],
    ['가'.repeat(64), null],
    ['😀'.repeat(64), null],
    ['a'.repeat(65), 'username.long'],
    ['a b', 'username.space'],
    ['a\u0007', 'username.space'],
  ])('user name %j', (name, wrong) => expect(checkUsername(name)).toBe(wrong));

  it.each([
    ['', 'password.missing'],
    ['1234567', 'password.short'],
    ['12345678', null],
    // Bytes count, not characters.
    ['가나다', null],
    ['a'.repeat(256), null],
    ['a'.repeat(257), 'password.long'],
  ])('new password %j', (password, wrong) => expect(checkNewPassword(password)).toBe(wrong));

  it('lets a short password be tried', () => expect(checkPassword('x')).toBeNull());

  it.each([
    [' \n', 'title.missing'],
    ['x', null],
    ['😀'.repeat(500), null],
    [`  ${'x'.repeat(500)}  `, null],
    ['x'.repeat(501), 'title.long'],
  ])('title %j', (title, wrong) => expect(checkTitle(title)).toBe(wrong));
});
