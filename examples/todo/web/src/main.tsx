import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { LanguageProvider } from './i18n/context';
import { SessionStore } from './session';
import { App } from './view/app';
import { CrashGuard } from './view/crash_guard';
import './styles/base.css';
import './styles/controls.css';
import './styles/account.css';
import './styles/todos.css';

const root = document.getElementById('root');
if (!root) throw new Error('index.html has no element "root"');

createRoot(root).render(
  <StrictMode>
    <LanguageProvider>
      <CrashGuard>
        <App fetch={window.fetch.bind(window)} sessions={new SessionStore(() => window.localStorage)} />
      </CrashGuard>
    </LanguageProvider>
  </StrictMode>,
);
