import { Component, type ReactNode } from 'react';
import { useTranslate } from '../i18n/context';

// A defect of the page must not leave an empty window.
export class CrashGuard extends Component<{ children: ReactNode }, { crashed: boolean }> {
  override state = { crashed: false };

  static getDerivedStateFromError(): { crashed: boolean } {
    return { crashed: true };
  }

  override render() {
    return this.state.crashed ? <Crashed /> : this.props.children;
  }
}

function Crashed() {
  const t = useTranslate();
  return (
    <main className="crash" role="alert">
      <p>{t('crash.title')}</p>
      <button type="button" className="button primary" onClick={() => window.location.reload()}>
        {t('crash.reload')}
      </button>
    </main>
  );
}
