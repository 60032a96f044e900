import { createContext, useContext, useEffect, useMemo, useSyncExternalStore, type ReactNode } from 'react';
import { chooseLanguage, translator, type Translate } from './translate';

const TranslateContext = createContext<Translate>(translator('en'));

function subscribe(listener: () => void): () => void {
  window.addEventListener('languagechange', listener);
  return () => window.removeEventListener('languagechange', listener);
}

function currentLanguage(): 'en' | 'ko' {
  return chooseLanguage(navigator.languages);
}

// Speaks the browser's language to everything within, and says so to screen readers.
export function LanguageProvider({ children }: { children: ReactNode }) {
  const language = useSyncExternalStore(subscribe, currentLanguage);
  const t = useMemo(() => translator(language), [language]);
  useEffect(() => {
    document.documentElement.lang = language;
    document.title = t('page.title');
  }, [language, t]);
  return <TranslateContext value={t}>{children}</TranslateContext>;
}

export function useTranslate(): Translate {
  return useContext(TranslateContext);
}
