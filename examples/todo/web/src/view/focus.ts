// Puts the focus where typing goes on, except on touch screens: a keyboard nobody asked for would cover half the page.
export function focusUnlessTouch(element: HTMLElement | null): void {
  if (window.matchMedia('(hover: hover)').matches) element?.focus();
}

// True while an input method is composing (Korean, Japanese, Chinese): its Enter and Escape are not ours. Safari
// reports the last key of a composition only by the old code 229.
export function isComposing(event: { nativeEvent: KeyboardEvent }): boolean {
  return event.nativeEvent.isComposing || event.nativeEvent.keyCode === 229;
}

export function scrollIntoView(element: Element | null): void {
  const still = window.matchMedia('(prefers-reduced-motion: reduce)').matches;
  element?.scrollIntoView({ block: 'nearest', behavior: still ? 'auto' : 'smooth' });
}
