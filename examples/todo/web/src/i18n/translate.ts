// Choosing a language, and filling messages in.
import { dictionaries, isMessageKey, type Language, type MessageKey } from './messages';
import type { ApiError } from '../api/error';

export type Params = Record<string, string | number>;
export type Translate = (key: MessageKey, params?: Params) => string;
// What the user was doing when the error came; some codes mean more then.
export type ErrorContext = 'signIn' | 'signUp';

const DEFAULT_LANGUAGE: Language = 'en';

// The first of the user's languages (BCP 47 tags, best first) that the page speaks.
export function chooseLanguage(preferred: readonly string[]): Language {
  for (const tag of preferred) {
    const primary = tag.toLowerCase().split('-')[0];
    if (primary === 'en' || primary === 'ko') return primary;
  }
  return DEFAULT_LANGUAGE;
}

export function translator(language: Language): Translate {
  const dictionary = dictionaries[language];
  const plural = new Intl.PluralRules(language);
  const number = new Intl.NumberFormat(language);
  return (key, params = {}) => {
    const message = dictionary[key];
    const count = params['count'];
    const text =
      typeof message === 'string'
        ? message
        : (message[typeof count === 'number' ? plural.select(count) : 'other'] ?? message.other);
    return text.replace(/\{(\w+)\}/g, (whole, name: string) => {
      const value = params[name];
      if (value === undefined) return whole;
      return typeof value === 'number' ? number.format(value) : value;
    });
  };
}

// What to tell the user about `error`.
export function errorText(t: Translate, error: ApiError, context?: ErrorContext): string {
  const inContext = `error.${context}.${error.code}`;
  if (context !== undefined && isMessageKey(inContext)) return t(inContext);
  const general = `error.${error.code}`;
  return isMessageKey(general) ? t(general) : t('error.other', { code: error.code });
}
