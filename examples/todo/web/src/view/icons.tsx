// Decoration: every control that shows one has a name of its own.
import type { ReactNode } from 'react';

function Icon({ children }: { children: ReactNode }) {
  return (
    <svg className="icon" viewBox="0 0 24 24" aria-hidden="true" focusable="false">
      {children}
    </svg>
  );
}

export function CloudMark() {
  return (
    <svg className="mark" viewBox="0 0 32 32" aria-hidden="true" focusable="false">
      <path
        className="mark-cloud"
        d="M9.5 26A6.5 6.5 0 0 1 8 13.18 8.5 8.5 0 0 1 24.4 14.1 6 6 0 0 1 23.5 26Z"
      />
      <path className="mark-check" d="m11.6 18.6 3.2 3.2 5.8-6.2" />
    </svg>
  );
}

export function TrashIcon() {
  return (
    <Icon>
      <path d="M5 7h14M10 7V5.2c0-.7.5-1.2 1.2-1.2h1.6c.7 0 1.2.5 1.2 1.2V7M7 7l.7 11.2c.1 1 .9 1.8 1.9 1.8h4.8c1 0 1.8-.8 1.9-1.8L17 7M10.5 11v5M13.5 11v5" />
    </Icon>
  );
}

export function PlusIcon() {
  return (
    <Icon>
      <path d="M12 6v12M6 12h12" />
    </Icon>
  );
}

export function EyeIcon({ crossed }: { crossed: boolean }) {
  return (
    <Icon>
      <path d="M3 12s3.3-6 9-6 9 6 9 6-3.3 6-9 6-9-6-9-6Z" />
      <circle cx="12" cy="12" r="2.6" />
      {crossed && <path d="m4.5 4.5 15 15" />}
    </Icon>
  );
}
