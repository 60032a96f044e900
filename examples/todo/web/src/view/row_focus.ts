// Moving among the rows by keyboard.

const STEPS: Record<string, number> = { ArrowDown: 1, ArrowUp: -1 };

function rowsOf(row: Element): Element[] {
  return [...(row.parentElement?.querySelectorAll(':scope > li.row') ?? [])];
}

// What to focus when `row` goes: the check mark of the row after it, or else of the one before it.
export function neighbourOf(row: Element | null): HTMLElement | null {
  if (!row) return null;
  const rows = rowsOf(row);
  const at = rows.indexOf(row);
  const next = rows[at + 1] ?? rows[at - 1];
  return next?.querySelector<HTMLElement>('[data-part=check]') ?? null;
}

// The arrows lead to the same control of the row above or below. False: `key` means nothing here.
export function moveFocus(from: HTMLElement, key: string): boolean {
  const step = STEPS[key];
  const row = from.closest('li.row');
  const part = from.dataset['part'];
  if (step === undefined || !row || part === undefined) return false;
  const rows = rowsOf(row);
  const next = rows[rows.indexOf(row) + step];
  next?.querySelector<HTMLElement>(`[data-part=${part}]`)?.focus();
  return true;
}
