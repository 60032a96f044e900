// What base.css promises of its colours (WCAG 2.2 §1.4.3 and §1.4.11).
import { describe, expect, it } from 'vitest';
import css from '../src/styles/base.css?raw';

type Theme = Record<string, string>;

function colors(block: string): Theme {
  return Object.fromEntries([...block.matchAll(/--([\w-]+): (#[0-9a-f]{6});/g)].map((found) => [found[1], found[2]]));
}

const [light = '', dark = ''] = [...css.matchAll(/:root \{([^}]*)\}/g)].map((found) => found[1] ?? '');
const themes: [string, Theme][] = [
  ['light', colors(light)],
  ['dark', colors(dark)],
];

function luminance(color: string): number {
  const [r = 0, g = 0, b = 0] = [1, 3, 5].map((at) => {
    const channel = parseInt(color.slice(at, at + 2), 16) / 255;
    return channel <= 0.04045 ? channel / 12.92 : ((channel + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

function contrast(theme: Theme, a: string, b: string): number {
  const [one, other] = [luminance(theme[a] ?? ''), luminance(theme[b] ?? '')];
  return (Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05);
}

describe.each(themes)('the %s theme', (_, theme) => {
  it.each([
    ['ink', 'surface'],
    ['ink', 'ground'],
    ['ink', 'ground-far'],
    ['ink', 'accent-soft'],
    ['ink-soft', 'surface'],
    ['ink-soft', 'surface-sunk'],
    ['ink-soft', 'ground'],
    ['ink-soft', 'ground-far'],
    ['on-accent', 'accent'],
    ['on-accent', 'accent-strong'],
    ['accent-strong', 'surface'],
    ['accent-strong', 'accent-soft'],
    ['bad', 'surface'],
    ['bad', 'bad-soft'],
  ])('lets %s be read on %s', (text, ground) => {
    expect(contrast(theme, text, ground)).toBeGreaterThanOrEqual(4.5);
  });

  it.each([
    ['edge', 'surface'],
    ['accent', 'surface'],
    ['accent', 'ground'],
    ['bad', 'surface'],
  ])('lets %s be seen on %s', (edge, ground) => {
    expect(contrast(theme, edge, ground)).toBeGreaterThanOrEqual(3);
  });
});
