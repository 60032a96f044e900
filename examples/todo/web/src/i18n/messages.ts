// What the page says, in every language it speaks.
//
// A message is a text with {names} to fill in, or, where a {count} decides its form, one text for each plural
// category of the language (Unicode CLDR); "other" is the one every language has.
import { en } from './en';
import { ko } from './ko';

export type Plural = Partial<Record<Intl.LDMLPluralRule, string>> & { other: string };
export type Message = string | Plural;
export type MessageKey = keyof typeof en;
export type Dictionary = Record<MessageKey, Message>;
export type Language = 'en' | 'ko';

export const dictionaries: Record<Language, Dictionary> = { en, ko };

export function isMessageKey(key: string): key is MessageKey {
  return Object.hasOwn(en, key);
}
