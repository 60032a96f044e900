// What the server accepts, so that the page can say so before asking. The server still decides.
import type { MessageKey } from './i18n/messages';

export const TITLE_CHARACTERS_MAX = 500;
export const USERNAME_CHARACTERS_MAX = 64;
const PASSWORD_BYTES_MIN = 8;
const PASSWORD_BYTES_MAX = 256;

// Code points, as the server counts them; a string's length counts UTF-16 halves.
function characters(text: string): number {
  return [...text].length;
}

function bytes(text: string): number {
  return new TextEncoder().encode(text).length;
}

// Each returns the message of what is wrong, or null.

export function checkUsername(username: string): MessageKey | null {
  if (username === '') return 'username.missing';
  if (characters(username) > USERNAME_CHARACTERS_MAX) return 'username.long';
  if (/[\s\p{Cc}]/u.test(username)) return 'username.space';
  return null;
}

export function checkNewPassword(password: string): MessageKey | null {
  if (password === '') return 'password.missing';
  if (bytes(password) < PASSWORD_BYTES_MIN) return 'password.short';
  if (bytes(password) > PASSWORD_BYTES_MAX) return 'password.long';
  return null;
}

// An existing password is only right or wrong, but an empty one is surely a slip.
export function checkPassword(password: string): MessageKey | null {
  if (password === '') return 'password.missing';
  if (bytes(password) > PASSWORD_BYTES_MAX) return 'password.long';
  return null;
}

export function checkTitle(title: string): MessageKey | null {
  if (title.trim() === '') return 'title.missing';
  if (characters(title.trim()) > TITLE_CHARACTERS_MAX) return 'title.long';
  return null;
}
