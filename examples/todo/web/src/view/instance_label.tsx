import { useTranslate } from '../i18n/context';

const HUES = 6;

// A colour for each instance, so that one sees the answers move between them.
function hueOf(instance: string): number {
  let sum = 0;
  for (const character of instance) sum = (sum * 31 + (character.codePointAt(0) ?? 0)) >>> 0;
  return sum % HUES;
}

// Which server gave the last answer. Silent to screen readers while it changes: it does with every click.
export function InstanceLabel({ instance }: { instance: string }) {
  const t = useTranslate();
  if (instance === '') return <footer className="instance" />;
  const [before = '', after = ''] = t('instance.served').split('{instance}');
  return (
    <footer className="instance">
      <p>
        <span className={`instance-dot hue-${hueOf(instance)}`} aria-hidden="true" />
        {before}
        <code data-testid="instance">{instance}</code>
        {after}
      </p>
    </footer>
  );
}
