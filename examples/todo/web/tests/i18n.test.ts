import { describe, expect, it } from 'vitest';
import { ApiError, codeOfStatus } from '../src/api/error';
import { dictionaries, type Dictionary, type Language, type Message, type MessageKey } from '../src/i18n/messages';
import { chooseLanguage, errorText, translator } from '../src/i18n/translate';

const languages = Object.keys(dictionaries) as Language[];
const keys = Object.keys(dictionaries.en) as MessageKey[];

// The codes that the API's reference names, and those of statuses from elsewhere.
const SERVER_CODES = [
  'INVALID_ARGUMENT',
  'OUT_OF_RANGE',
  'UNAUTHENTICATED',
  'PERMISSION_DENIED',
  'NOT_FOUND',
  'ALREADY_EXISTS',
  'ABORTED',
  'FAILED_PRECONDITION',
  'RESOURCE_EXHAUSTED',
  'UNAVAILABLE',
  'DEADLINE_EXCEEDED',
  'CANCELLED',
  'UNKNOWN',
  'INTERNAL',
  'DATA_LOSS',
  'UNIMPLEMENTED',
  'METHOD_NOT_ALLOWED',
  'UNSUPPORTED_MEDIA_TYPE',
  'PAYLOAD_TOO_LARGE',
  'REQUEST_TIMEOUT',
];

function texts(message: Message): string[] {
  return typeof message === 'string' ? [message] : Object.values(message);
}

function placeholders(dictionary: Dictionary, key: MessageKey): string[] {
  const found = texts(dictionary[key]).flatMap((text) => text.match(/\{\w+\}/g) ?? []);
  return [...new Set(found)].sort();
}

// The text of the page's own files, but not of the dictionaries.
const sources = import.meta.glob<string>(['../src/**/*.ts', '../src/**/*.tsx', '!../src/i18n/{en,ko}.ts'], {
  query: '?raw',
  import: 'default',
  eager: true,
});

describe.each(languages)('the dictionary "%s"', (language) => {
  const dictionary = dictionaries[language];

  it('has the keys of every other one', () => {
    expect(Object.keys(dictionary).sort()).toEqual([...keys].sort());
  });

  it.each(keys)('has the same names to fill in: %s', (key) => {
    expect(placeholders(dictionary, key)).toEqual(placeholders(dictionaries.en, key));
  });

  it('has no empty text', () => {
    expect(keys.filter((key) => texts(dictionary[key]).some((text) => text.trim() === ''))).toEqual([]);
  });

  it('has every plural form of its language', () => {
    const forms = new Intl.PluralRules(language).resolvedOptions().pluralCategories.sort();
    for (const key of keys) {
      const message = dictionary[key];
      if (typeof message !== 'string') expect(Object.keys(message).sort(), key).toEqual(forms);
    }
  });

  it('has a text for each code of the server', () => {
    const t = translator(language);
    for (const code of SERVER_CODES) {
      expect(errorText(t, new ApiError(code, 400, '')), code).not.toContain(code);
    }
  });

  it('has a text for an answer of any status', () => {
    const t = translator(language);
    for (let status = 300; status < 600; status++) {
      expect(errorText(t, new ApiError(codeOfStatus(status), status, ''))).not.toMatch(/[A-Z]_/);
    }
  });
});

describe('the Korean dictionary', () => {
  it('is in Korean throughout', () => {
    const foreign = keys.filter((key) => texts(dictionaries.ko[key]).some((text) => !/[가-힣]/.test(text)));
    expect(foreign).toEqual([]);
  });
});

describe('the components', () => {
  it('say nothing that is not in the dictionaries', () => {
    // Text between tags, or in an attribute that is read out.
    const literal = />\s*[A-Za-z가-힣][^<>{}=;()]*<\/|(aria-label|placeholder|title|alt)="/;
    const speaking = Object.entries(sources).filter(([path, text]) => path.endsWith('.tsx') && literal.test(text));
    expect(speaking.map(([path]) => path)).toEqual([]);
  });

  it('use every message', () => {
    const all = Object.values(sources).join('\n');
    const composed = /^(error\.|said\.)/;
    expect(keys.filter((key) => !composed.test(key) && !all.includes(`'${key}'`))).toEqual([]);
  });
});

describe('chooseLanguage', () => {
  it.each([
    [['ko-KR', 'en-US'], 'ko'],
    [['en-GB', 'ko'], 'en'],
    [['fr-FR', 'KO'], 'ko'],
    [['kok-IN'], 'en'],
    [['de'], 'en'],
    [[], 'en'],
  ] as const)('takes the first one it speaks of %j', (preferred, language) => {
    expect(chooseLanguage(preferred)).toBe(language);
  });
});

describe('translator', () => {
  it('chooses the plural form', () => {
    const t = translator('en');
    expect(t('todos.open', { count: 1 })).toBe('1 todo left');
    expect(t('todos.open', { count: 0 })).toBe('0 todos left');
    expect(t('todos.open', { count: 1234 })).toBe('1,234 todos left');
    expect(translator('ko')('todos.open', { count: 1 })).toBe('1개 남음');
  });

  it('fills a title in as it is', () => {
    expect(translator('en')('row.edit', { title: '$& {title} \\1' })).toBe('Edit: $& {title} \\1');
  });
});

describe('errorText', () => {
  const t = translator('en');

  it('says more where the context is known', () => {
    const error = new ApiError('UNAUTHENTICATED', 401, '');
    expect(errorText(t, error, 'signIn')).toBe('The user name or the password is wrong.');
    expect(errorText(t, error)).toBe('Please sign in again.');
  });

  it('names a code that it does not know', () => {
    expect(errorText(t, new ApiError('TEAPOT', 418, ''))).toBe('The server failed (TEAPOT).');
  });
});
