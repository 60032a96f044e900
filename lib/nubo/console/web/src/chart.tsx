// Requests a second and latency of the last two minutes.
import { useEffect, useRef, useState } from 'react';
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import type { Point } from './traffic';

// Which colours the page has; a canvas does not follow a change of them by itself.
function useDark(): boolean {
  const [dark, setDark] = useState(() => matchMedia('(prefers-color-scheme: dark)').matches);
  useEffect(() => {
    const query = matchMedia('(prefers-color-scheme: dark)');
    const changed = () => setDark(query.matches);
    query.addEventListener('change', changed);
    return () => query.removeEventListener('change', changed);
  }, []);
  return dark;
}

export function Chart({ title, points, value, unit }: { title: string; points: Point[]; value: (point: Point) => number | null; unit: string }) {
  const place = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const dark = useDark();
  useEffect(() => {
    if (!place.current) return;
    const ink = getComputedStyle(place.current).color;
    plot.current = new uPlot({
      width: place.current.clientWidth || 340, height: 120, legend: { show: false }, cursor: { show: false },
      scales: { y: { range: (_u, _min, max) => [0, Math.max(max ?? 0, 1) * 1.15] } },
      axes: [{ stroke: ink, grid: { show: false }, size: 28 }, { stroke: ink, grid: { stroke: 'rgba(128,128,128,0.2)' }, size: 52 }],
      series: [{}, { stroke: '#2563eb', fill: 'rgba(37,99,235,0.15)', width: 2, points: { show: false } }],
    }, [[], []], place.current);
    place.current.dataset.ink = ink;
    return () => plot.current?.destroy();
  }, [dark]);
  useEffect(() => {
    plot.current?.setData([points.map((p) => p.time), points.map(value)]);
  });
  const last = points.at(-1);
  const shown = last ? value(last) : null;
  return (
    <figure aria-label={`${title}: ${shown === null ? 'none' : `${shown.toFixed(1)} ${unit}`}`}>
      <figcaption>{title} <strong>{shown === null ? '–' : `${shown.toFixed(1)} ${unit}`}</strong></figcaption>
      <div ref={place} />
    </figure>
  );
}
